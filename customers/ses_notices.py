"""What SES tells of our mail, noted in the tenant it belongs to. Each step opens its own session."""

import logging
from hashlib import sha256
from uuid import UUID

from customers import bounces
from customers.bounces import Told
from infra.db import TenantRef
from infra.mail import outbox_decisions, verp
from infra.mail.inbound import ses_events
from infra.mail.inbound.ses_events import SesEvent
from infra.mail.inbound.sns import Notice
from infra.services import Services
from infra.storage import tenant_key
from tenants.directory import Directory

log = logging.getLogger(__name__)


def take(services: Services, directory: Directory, notice: Notice) -> None:
    """Notes the event once, however often it is told. Raises Unavailable: AWS tells it again then."""
    event = ses_events.parse(notice.message)
    tenant = _tenant(services, directory, event) if event is not None else None
    if event is None or tenant is None:
        log.info("a notification of SES is about no mail of a workspace", extra={"notification": notice.id})
        return
    ref, outbox_id = tenant
    evidence = tenant_key(ref, "inbound", f"ses-{sha256(notice.id.encode()).hexdigest()[:32]}.json")
    if event.reports:
        services.storage.put(evidence, notice.message.encode(), content_type="application/octet-stream")
    with services.db.tenant_session(ref) as session:
        if event.delivered:
            outbox_decisions.note_arrival(session, outbox_id)
        for number, report in enumerate(event.reports):
            bounces.record(
                session,
                Told(
                    key=f"ses:{notice.id}:{number}",
                    source="ses",
                    kind=report.kind,
                    status=report.status,
                    diagnostic=report.diagnostic,
                    recipients=report.recipients,
                    outbox_id=outbox_id,
                    proof="outbox",
                    evidence=evidence,
                ),
            )


def _tenant(services: Services, directory: Directory, event: SesEvent) -> tuple[TenantRef, UUID] | None:
    """Whose mail, and which: by its tags, else by its bounce address."""
    if event.tenant_id is not None and event.outbox_id is not None:
        found = directory.find_by_id(event.tenant_id)
        return (found.ref, event.outbox_id) if found is not None else None
    local, _, domain = event.source.partition("@")
    slug = domain.removesuffix("." + services.settings.inbound_domain)
    if not services.settings.inbound_domain or slug == domain or not verp.is_bounce_address(local):
        return None
    found = directory.find(f"{slug}.{directory.base_host}")
    mail = verp.mail_of(services.keys, found.ref, local) if found is not None else None
    return (found.ref, mail) if found is not None and mail is not None else None
