"""A workspace's claims to domains: adding, choosing the main one, removing. All in the tenant's own schema."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import current_tenant
from infra.errors import Conflict, Invalid, NotFound
from infra.hostnames import BadHostname, normalise, within
from infra.i18n import N_
from infra.settings import Settings
from tenants import audit
from tenants.domains import records
from tenants.models import Domain
from tenants.permissions import Actor

MOST = 10
"""Domains of one workspace: each is looked up every day."""

FAILS_FOR = timedelta(days=3)
"""How long a domain whose records are gone is served before it is switched off."""

OURS = N_("This name belongs to Rapport itself. Write a domain of your own.")
KNOWN = N_("You have added this domain already.")
TOO_MANY = N_("A workspace can have at most 10 domains. Remove one first.")
LONGEST = 253 - len(records.CHALLENGE) - 1
TOO_LONG = N_("This name is too long: no record that proves it could be set.")


class NotReady(Conflict):
    """The domain is not proved, or does not lead here: customers sent to it would not arrive."""

    code = "domain_not_ready"
    message = N_("This domain does not lead here yet. Set both records and check them first.")


def add(session: Session, settings: Settings, *, host: str, by: Actor) -> Domain:
    """Claims a domain. Anybody may claim any; only who sets the record is served. Raises Invalid."""
    try:
        name = normalise(host)
    except BadHostname as problem:
        raise Invalid(problems={"host": [problem.message]}) from problem
    _lock(session)
    refused = _problem(session, settings, name)
    if refused:
        raise Invalid(problems={"host": [refused]})
    domain = Domain(host=name, token=_token())
    session.add(domain)
    session.flush()
    audit.record(session, "domain.added", by=by, subject=domain.id, host=name)
    return domain


def get(session: Session, domain_id: UUID) -> Domain:
    """A claim that was not removed. Raises NotFound."""
    found = session.get(Domain, domain_id)
    if found is None or found.removed_at is not None:
        raise NotFound()
    return found


def list_all(session: Session) -> Sequence[Domain]:
    """All claims by host."""
    return session.scalars(select(Domain).where(Domain.removed_at.is_(None)).order_by(Domain.host)).all()


def make_main(session: Session, domain: Domain, *, by: Actor) -> None:
    """Wants the workspace to be known by this domain. Check it afterwards, then pages lead there.

    Raises NotReady. The main domain before is one among the others from then on.
    """
    _lock(session)
    session.refresh(domain)
    if domain.verified_at is None or domain.pointer_state != "found":
        raise NotReady()
    if domain.main:
        return
    for other in session.scalars(select(Domain).where(Domain.main)):
        other.main, other.next_check_at = False, now()
    session.flush()
    domain.main, domain.next_check_at = True, now()
    audit.record(session, "domain.made_main", by=by, subject=domain.id, host=domain.host)


def unmake_main(session: Session, domain: Domain, *, by: Actor) -> None:
    """Wants the workspace to be known by its own address again. Check the domain afterwards."""
    if not domain.main:
        return
    domain.main, domain.next_check_at = False, now()
    audit.record(session, "domain.unmade_main", by=by, subject=domain.id, host=domain.host)


def remove(session: Session, domain: Domain, *, by: Actor) -> None:
    """Gives the domain up. It is served until `checking.finish_removal` has told the control plane."""
    domain.removed_at = domain.next_check_at = now()
    domain.main = False
    audit.record(session, "domain.removed", by=by, subject=domain.id, host=domain.host)


def home(session: Session) -> str:
    """The host that links in mails lead to: the main domain while it leads here, else the workspace's slug."""
    query = select(Domain.host).where(
        Domain.main,
        Domain.removed_at.is_(None),
        Domain.verified_at.is_not(None),
        Domain.pointer_state.in_(["found", "unanswered"]),
    )
    return session.scalar(query) or current_tenant().slug


def next_check_at(session: Session) -> datetime | None:
    """When the next check is due, for the due index."""
    return session.scalar(select(func.min(Domain.next_check_at)))


def list_due(session: Session, limit: int = 50) -> Sequence[UUID]:
    """Claims whose check is due, also removed ones that are not finished."""
    query = select(Domain.id).where(Domain.next_check_at <= now()).order_by(Domain.next_check_at).limit(limit)
    return session.scalars(query).all()


def _problem(session: Session, settings: Settings, name: str) -> str | None:
    own = records.base_host(settings)
    if within(name, own) or within(own, name) or name == settings.domain_target:
        return OURS
    if len(name) > LONGEST:
        return TOO_LONG
    known = set(session.scalars(select(Domain.host).where(Domain.removed_at.is_(None))))
    if name in known:
        return KNOWN
    return TOO_MANY if len(known) >= MOST else None


def _lock(session: Session) -> None:
    """One change of a workspace's domains at a time."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"domains {current_tenant().id}", 0))))


def _token() -> str:
    """160 random bits in characters that no panel for DNS changes."""
    return secrets.token_hex(20)
