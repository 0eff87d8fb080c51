"""A check of a domain to send from: look at DNS with no connection held, then write down what came of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from infra.clock import now
from infra.dns import Resolver
from infra.events import record
from infra.settings import Settings
from tenants import audit
from tenants.events import SenderDomainLost, SenderDomainVerified
from tenants.models import SenderDomain
from tenants.permissions import SYSTEM, Actor
from tenants.sender_domains.records import Kind, Seen, look

OpenTenant = Callable[[], AbstractContextManager[Session]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAILS_FOR = timedelta(minutes=50)
"""One missed look may be a name server's bad hour. Longer would send mail whose signature nobody can verify."""
WAITS_FOR = timedelta(days=14)
"""How long a domain that is not verified is looked at by itself."""


def check(
    open_tenant: OpenTenant, resolver: Resolver, settings: Settings, domain_id: UUID, *, by: Actor = SYSTEM
) -> None:
    """Checks one domain. Does nothing when it is gone."""
    with open_tenant() as session:
        domain = session.get(SenderDomain, domain_id)
    if domain is None:
        return
    found = look(resolver, settings, domain)
    with open_tenant() as session:
        current = session.get(SenderDomain, domain_id, with_for_update=True, populate_existing=True)
        if current is not None:
            note(session, current, found, by=by)


def note(session: Session, domain: SenderDomain, found: dict[Kind, Seen], *, by: Actor) -> None:
    """What was found, and whether mail may come from the domain. An answer that did not come changes nothing."""
    moment, dkim = now(), found["dkim"].state
    domain.checks = {kind: seen.as_json() for kind, seen in found.items()}
    domain.checked_at = moment
    if dkim == "found":
        domain.failing_since = None
        if domain.verified_at is None:
            domain.verified_at = moment
            record(session, SenderDomainVerified(subject=domain.id))
            audit.record(session, "sender_domain.verified", by=by, subject=domain.id, host=domain.domain)
    elif dkim != "unanswered" and domain.verified_at is not None:
        _missed(session, domain, moment)
    domain.next_check_at = _next_check(domain, moment)


def _missed(session: Session, domain: SenderDomain, moment: datetime) -> None:
    domain.failing_since = domain.failing_since or moment
    if moment - domain.failing_since >= FAILS_FOR:
        domain.verified_at = None
        record(session, SenderDomainLost(subject=domain.id))
        audit.record(session, "sender_domain.disabled", by=SYSTEM, subject=domain.id, host=domain.domain)


def _next_check(domain: SenderDomain, moment: datetime) -> datetime | None:
    if domain.verified_at is not None:
        return moment + (HOUR if domain.failing_since is not None else DAY)
    waits = moment - max(domain.created_at, domain.failing_since or domain.created_at)
    if waits > WAITS_FOR:
        return None
    return moment + (timedelta(minutes=5) if waits < HOUR else HOUR if waits < 3 * DAY else DAY)
