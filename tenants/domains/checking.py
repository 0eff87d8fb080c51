"""A check of a domain: read the claim, look at DNS, settle it in the control plane, write down what came of it.

Four steps, each a transaction of its own or none; after a crash the next check takes them up, because each writes
only what the one before it made true. Whatever happens, `control.hosts` is told before the workspace is.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import Databases, TenantRef
from infra.dns import Resolver
from infra.settings import Settings
from tenants import audit
from tenants.domains import mails, serving
from tenants.domains.claims import FAILS_FOR
from tenants.domains.records import Findings, Records, look, records_for
from tenants.domains.serving import Standing
from tenants.models import Domain
from tenants.permissions import SYSTEM, Actor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WARN_AFTER = timedelta(minutes=50)
"""One failed check may be a name server's bad hour; the second one is told to the admins."""
WAITS_FOR = timedelta(days=14)
"""How long a domain that is not proved is looked at by itself."""

OpenTenant = Callable[[], AbstractContextManager[Session]]
"""Opens the tenant's session for one step and commits it."""


@dataclass(frozen=True, slots=True)
class Checker:
    """What a check works with. `open` is the request's session in a page, a session of its own in a job."""

    open: OpenTenant
    databases: Databases
    settings: Settings
    resolver: Resolver
    tenant: TenantRef

    def check(self, domain_id: UUID, *, by: Actor = SYSTEM) -> None:
        """Checks one domain; a removed one is finished instead. Does nothing when it is gone."""
        with self.open() as session:
            domain = session.get(Domain, domain_id)
        if domain is None:
            return
        if domain.removed_at is not None:
            self.finish_removal(domain.id, domain.host)
            return
        found = look(self.resolver, self._records(domain))
        standing = self._settle(domain, found)
        with self.open() as session:
            current = session.get(Domain, domain_id, with_for_update=True, populate_existing=True)
            gone = current is None or current.removed_at is not None
            if current is not None and not gone:
                note(session, current, found, standing, by=by)
        if gone:  # removed while we were looking
            self.finish_removal(domain_id, domain.host)

    def finish_removal(self, domain_id: UUID, host: str) -> None:
        """Tells the control plane that a domain was given up, then forgets it."""
        with self.databases.control_session() as control:
            serving.release(control, host, self.tenant.id)
        with self.open() as session:
            domain = session.get(Domain, domain_id)
            if domain is not None and domain.removed_at is not None:
                session.delete(domain)

    def _records(self, domain: Domain) -> Records:
        return records_for(self.settings, self.tenant.slug, domain.host, domain.token)

    def _settle(self, domain: Domain, found: Findings) -> Standing:
        main = domain.main and _leads_here(domain, found)
        overdue = _overdue(domain, found, now())
        with self.databases.control_session() as control:
            if overdue:
                return serving.disable(control, domain.host, self.tenant.id)
            if found.text == "found" and (found.pointer == "found" or domain.disabled_at is None):
                return serving.claim(
                    control, domain.host, self.tenant.id, domain.token, texts=found.texts, main=main
                )
            return serving.keep(control, domain.host, self.tenant.id, main=main)


def note(session: Session, domain: Domain, found: Findings, standing: Standing, *, by: Actor) -> None:
    """Writes down what a check found and what came of it, and whom it has to be told."""
    moment = now()
    failing = _fails(domain, found)
    domain.text_state, domain.text_seen = found.text, found.text_seen
    domain.pointer_state, domain.pointer_seen = found.pointer, found.pointer_seen
    domain.taken, domain.checked_at = standing == "taken", moment
    if standing == "ours":
        if domain.verified_at is None:
            _verified(session, domain, moment, by)
        _note_health(session, domain, failing, moment)
    elif domain.verified_at is not None:
        _switched_off(session, domain, moment)
    domain.next_check_at = _next_check(domain, moment)


def _verified(session: Session, domain: Domain, moment: datetime, by: Actor) -> None:
    domain.verified_at, domain.disabled_at = moment, None
    audit.record(session, "domain.verified", by=by, subject=domain.id, host=domain.host)


def _note_health(session: Session, domain: Domain, failing: bool, moment: datetime) -> None:
    if not failing:
        domain.failing_since = domain.warned_at = None
        return
    domain.failing_since = domain.failing_since or moment
    if domain.warned_at is None and moment - domain.failing_since >= WARN_AFTER:
        domain.warned_at = moment
        audit.record(session, "domain.failing", by=SYSTEM, subject=domain.id, host=domain.host)
        mails.tell_admins(session, moment)


def _switched_off(session: Session, domain: Domain, moment: datetime) -> None:
    domain.verified_at = domain.failing_since = domain.warned_at = None
    domain.disabled_at, domain.main = moment, False
    audit.record(session, "domain.disabled", by=SYSTEM, subject=domain.id, host=domain.host, taken=domain.taken)
    mails.tell_admins(session, moment)


def _fails(domain: Domain, found: Findings) -> bool:
    """Whether something is gone that was there; a domain that never led here is waited for."""
    if domain.failing_since is None and found.text == "found" and domain.pointer_state != "found":
        return False
    return found.text != "found" or found.pointer != "found"


def _overdue(domain: Domain, found: Findings, moment: datetime) -> bool:
    """Whether it fails, has been failing for days, and somebody was told."""
    if domain.failing_since is None or domain.warned_at is None:
        return False
    return _fails(domain, found) and moment - domain.failing_since >= FAILS_FOR


def _leads_here(domain: Domain, found: Findings) -> bool:
    if found.pointer == "unanswered":
        return domain.pointer_state in ("found", "unanswered")
    return found.pointer == "found"


def _next_check(domain: Domain, moment: datetime) -> datetime | None:
    if domain.failing_since is not None:
        return moment + HOUR
    waits = moment - (domain.disabled_at or domain.created_at)
    if domain.verified_at is not None and (domain.pointer_state == "found" or waits > WAITS_FOR):
        return moment + DAY
    if waits > WAITS_FOR:
        return None
    return moment + (timedelta(minutes=5) if waits < HOUR else HOUR if waits < FAILS_FOR else DAY)
