"""Reading what came in, and noting what servers refused."""

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import bounces, inbound, inbound_files
from customers.models import InboundMail
from infra import dns
from infra.db import TenantRef
from infra.i18n import N_
from infra.jobs.declared import TEMPORARY, job, spec_of
from infra.mail import dsn
from infra.mail.inbound import authentication, mime, parsing, trace
from infra.mail.inbound.authentication import Checked
from infra.mail.inbound.lookups import Lookups
from infra.mail.inbound.parsing import Inbound
from infra.services import Services
from infra.storage import ObjectMissing, StorageKey

FLAG = "inbound_mails"
BOUNCES = "bounces"
AT_ONCE = 20
LONGEST = 240.0
"""Seconds after which a run begins no other mail: each may wait 24 for name servers, and the run has 300."""
UNREADABLE = N_("This mail could not be read.")
FILE_GONE = N_("The file of this mail is not there any more.")

log = logging.getLogger(__name__)


@job(queue="default", scope="services", timeout=300)
def read_mails(services: Services, tenant: TenantRef) -> None:
    """Reads what waits, each mail in a transaction of its own; one that cannot be read stops no other."""
    with services.db.tenant_session(tenant) as session:
        waiting = _waiting(session, AT_ONCE)
    until = time.monotonic() + LONGEST
    for mail_id in waiting:
        if time.monotonic() > until:
            break
        try:
            _read(services, tenant, mail_id)
        except TEMPORARY:
            raise
        except Exception as problem:
            log.error("a mail could not be read", extra={"mail": str(mail_id)}, exc_info=problem)
            _give_up(services, tenant, mail_id, UNREADABLE)
    if len(waiting) == AT_ONCE or time.monotonic() > until:
        services.queues.send_once(spec_of(read_mails), tenant.id, FLAG)


@job(queue="default")
def note_refusals(session: Session) -> None:
    """Judges what servers refused while we sent."""
    bounces.note_refusals(session)


def has_unread(session: Session) -> bool:
    """Whether a mail waits to be read; the receiver's signal may have been lost."""
    return bool(_waiting(session, 1))


def _waiting(session: Session, count: int) -> Sequence[UUID]:
    query = select(InboundMail.id).where(InboundMail.state == "received").order_by(InboundMail.id)
    return session.scalars(query.limit(count)).all()


def _read(services: Services, tenant: TenantRef, mail_id: UUID) -> None:
    """No database connection is held while storage and name servers are asked; reading twice gives the same."""
    with services.db.tenant_session(tenant) as session:
        row = session.get_one(InboundMail, mail_id)
        file, to_bounce_address, is_open = row.file, row.outbox_id is not None, row.state == "received"
    if not is_open:
        return
    try:
        stored = services.storage.get(StorageKey(file))
    except ObjectMissing:
        _give_up(services, tenant, mail_id, FILE_GONE)
        return
    came, content = trace.split(stored)
    null_sender = not came.sender
    mail = parsing.parse(content, null_sender=null_sender)
    returned = dsn.parse(content, null_sender=null_sender, to_bounce_address=to_bounce_address)
    checked = _checked(services, content, mail, came) if mail.sender and not returned else None
    sent = () if returned else mail.attachments
    files = [inbound_files.keep(services.storage, tenant, mail_id, *each) for each in enumerate(sent)]
    if mail.sender:
        services.keys.create_person(tenant, mail_id)  # the sender stands under the mail's own key
    with services.db.tenant_session(tenant) as session:
        row = session.get_one(InboundMail, mail_id, with_for_update=True)
        inbound.take_in(session, row, inbound.Read(mail, returned, files, checked))


def _checked(services: Services, content: bytes, mail: Inbound, came: trace.Trace) -> Checked:
    """Whether the mail comes from whom it says; unverified where nobody can be asked."""
    headers = mime.read(content[: mime.HEAD_MOST]).headers
    hop = trace.first_hop(came, headers, trace.networks(services.settings.inbound_relays))
    try:
        asks = Lookups(dns.resolver(services.settings))
    except dns.NameserversAway:
        return Checked("unverified", "temperror", "temperror")
    return authentication.check(content, mail.author, hop, asks)


def _give_up(services: Services, tenant: TenantRef, mail_id: UUID, reason: str) -> None:
    with services.db.tenant_session(tenant) as session:
        row = session.get_one(InboundMail, mail_id, with_for_update=True)
        if row.state == "received":
            row.state, row.reason = "failed", reason
            inbound.tell_waiting(session, row)
