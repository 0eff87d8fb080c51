"""What visitors report and what was held back: rows for operators, decided in steps that can be taken up again.

A decision may touch the tenant (a survey is closed there) and the control plane. It is noted first (`begin`), then
carried out in the tenant, then ended (`finish`); a report that stays in `acting` is carried out again with the same
button, and nothing happens twice.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys
from infra.errors import Conflict, NotFound
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import outbox
from tenants.models import AbuseReport, Tenant
from tenants.operators import audit
from tenants.permissions import Actor

REASONS: Mapping[str, str] = {
    "phishing": N_("It asks for passwords, card numbers or the like"),
    "impersonation": N_("It pretends to be somebody else"),
    "spam": N_("It is advertising or a fraud"),
    "offensive": N_("It is offensive, threatening or shows what is forbidden"),
    "privacy": N_("It shows personal data of others"),
    "other": N_("Something else"),
}
"""What can be reported, worst first."""
HELD = "held"
"""The reason of what was held back by our own rules."""

DECISIONS: Mapping[str, Mapping[str, str]] = {
    "report": {
        "dismiss": N_("Dismiss the report"),
        "withdraw": N_("Close survey"),
        "suspend": N_("Suspend workspace"),
    },
    "held": {
        "dismiss": N_("Keep it back"),
        "allow": N_("Let these links pass"),
        "trust": N_("Trust this workspace from now on"),
    },
}
"""What an operator can decide about each kind."""

TOLD_MAIL = "abuse.reporter_told"
PAGE = 50
WORDS_KEPT = timedelta(days=90)
"""After the decision; then the visitor's words and address go, and the row tells only what was decided."""
ROWS_KEPT = timedelta(days=730)


class Decided(Conflict):
    """Somebody else was faster, or decided otherwise."""

    code = "report_decided"
    message = N_("This was decided meanwhile. Look at it again.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with what its visitor wrote, and whose pages it is about."""

    report: AbuseReport
    tenant: Tenant
    words: str
    wants_answer: bool
    others: int
    """Reports about the same workspace, in whatever state."""


def report(
    session: Session,
    keys: Keys,
    tenant_id: UUID,
    *,
    key: str,
    path: str,
    survey_id: UUID | None,
    reason: str,
    words: str,
    email: str,
    locale: str,
) -> bool:
    """Takes a visitor's report; the same form sent again is the same report. False when it was known."""
    row_id = new_id()
    values = {
        "id": row_id,
        "key": f"form:{key}",
        "kind": "report",
        "tenant_id": tenant_id,
        "survey_id": survey_id,
        "path": path,
        "reason": reason,
        "words": keys.platform.encrypt(row_id, words) if words else None,
        "email": keys.platform.encrypt(row_id, email) if email else None,
        "locale": locale,
        "found": {},
        "state": "open",
        "created_at": now(),
    }
    return _add(session, values)


def hold(
    session: Session, tenant_id: UUID, *, survey_id: UUID, path: str, hosts: Sequence[str], locale: str
) -> bool:
    """Asks operators to look at links that our rules refused. The same links of a survey are asked about once."""
    seen = hashlib.sha256("\n".join(sorted(hosts)).encode()).hexdigest()[:32]
    values = {
        "id": new_id(),
        "key": f"held:{survey_id}:{seen}",
        "kind": HELD,
        "tenant_id": tenant_id,
        "survey_id": survey_id,
        "path": path,
        "reason": HELD,
        "locale": locale,
        "found": {"hosts": list(hosts)},
        "state": "open",
        "created_at": now(),
    }
    return _add(session, values)


def list_reports(
    session: Session, *, waiting: bool, before: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[tuple[AbuseReport, Tenant]], UUID | None]:
    """Reports with their workspaces, and the id to go on from. What waits comes oldest first, else newest first."""
    states = ("open", "acting") if waiting else ("dismissed", "acted")
    query = select(AbuseReport, Tenant).join(Tenant, Tenant.id == AbuseReport.tenant_id)
    query = query.where(AbuseReport.state.in_(states))
    if before is not None:
        query = query.where(AbuseReport.id > before if waiting else AbuseReport.id < before)
    rows = session.execute(
        query.order_by(AbuseReport.id if waiting else AbuseReport.id.desc()).limit(limit + 1)
    ).all()
    shown = [(row[0], row[1]) for row in rows[:limit]]
    return shown, shown[-1][0].id if len(rows) > limit else None


def count_waiting(session: Session) -> int:
    """How many wait for a decision."""
    return session.scalar(select(func.count()).where(AbuseReport.state.in_(["open", "acting"]))) or 0


def show(session: Session, keys: Keys, report_id: UUID) -> Shown:
    """One report in full. Raises NotFound."""
    found = get(session, report_id)
    others = select(func.count()).where(AbuseReport.tenant_id == found.tenant_id, AbuseReport.id != found.id)
    return Shown(
        report=found,
        tenant=session.get_one(Tenant, found.tenant_id),
        words=keys.platform.decrypt(found.words) if found.words else "",
        wants_answer=found.email is not None,
        others=session.scalar(others) or 0,
    )


def get(session: Session, report_id: UUID) -> AbuseReport:
    """Raises NotFound."""
    found = session.get(AbuseReport, report_id)
    if found is None:
        raise NotFound()
    return found


def begin(session: Session, report_id: UUID, decision: str, *, by: Actor) -> AbuseReport:
    """Notes what is going to be done. The same decision again takes it up; raises Decided for another."""
    found = session.get(AbuseReport, report_id, with_for_update=True, populate_existing=True)
    if found is None or decision not in DECISIONS[found.kind]:
        raise NotFound()
    if found.state == "acting" and found.decision == decision:
        return found
    if found.state != "open":
        raise Decided()
    found.state, found.decision, found.decided_by = "acting", decision, by.id
    audit.record(
        session,
        "abuse.decided",
        by=by,
        tenant=found.tenant_id,
        subject=found.id,
        decision=decision,
        kind=found.kind,
    )
    return found


def finish(session: Session, report_id: UUID) -> AbuseReport:
    """Ends a decision that was carried out, and tells the visitor if they left an address."""
    found = session.get(AbuseReport, report_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    if found.state == "acting":
        found.state = "dismissed" if found.decision == "dismiss" else "acted"
        found.decided_at = now()
        if found.email is not None:
            outbox.send(session, TOLD_MAIL, ref=found.id, key=f"abuse:{found.id}", locale=found.locale)
    return found


def forget(session: Session) -> None:
    """What visitors wrote goes some time after the decision, the rows themselves later."""
    session.execute(
        update(AbuseReport)
        .where(
            AbuseReport.decided_at < now() - WORDS_KEPT,
            AbuseReport.words.is_not(None) | AbuseReport.email.is_not(None),
        )
        .values(words=None, email=None)
    )
    session.execute(delete(AbuseReport).where(AbuseReport.decided_at < now() - ROWS_KEPT))


def _add(session: Session, values: Mapping[str, object]) -> bool:
    statement = insert(AbuseReport).values(values).on_conflict_do_nothing(index_elements=[AbuseReport.key])
    return session.execute(statement.returning(AbuseReport.id)).scalar_one_or_none() is not None
