"""Addresses that nobody writes to, whoever has them.

Every kind stops what nobody asked for. Transactional mail is stopped by a hard bounce, because nothing would
arrive, and by a decision of staff; who complained or unsubscribed still gets the sign-in link they ask for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers.consent_events import AddressSuppressed, SuppressionLifted
from customers.models import Suppression
from customers.models.contact import KINDS
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_equal, blind_of, protect
from infra.errors import Forbidden, Invalid, NotFound
from infra.events import record, record_all
from infra.i18n import N_, gettext
from infra.ids import new_id
from infra.mail import mime
from infra.pages import Page, bounded, decode, page
from tenants import audit
from tenants.permissions import SYSTEM, Actor

STOPS_SERVICE = frozenset({"hard_bounce", "manual"})
"""Kinds that stop also what somebody asked for."""
STRONGEST = ("hard_bounce", "complaint", "manual", "unsubscribe", "import")
"""Which kind is named where an address has several."""

NAMES: Mapping[str, str] = {
    "hard_bounce": N_("Does not exist"),
    "complaint": N_("Reported as spam"),
    "unsubscribe": N_("Wants no mail"),
    "manual": N_("Set by staff"),
    "import": N_("From a list"),
}
SOURCES: Mapping[str, str] = {
    "staff": N_("Staff"),
    "api": N_("Program"),
    "import": N_("Imported list"),
    "person": N_("The person"),
    "smtp": N_("Mail server's reply"),
    "dsn": N_("Mail that came back"),
    "ses": N_("Amazon SES"),
}

BAD_ADDRESS = N_("Write an e-mail address such as ann@example.org.")
SAY_WHY = N_("Say why, so that it can be followed later.")
LONGEST_REASON = 500
CAME_BACK = "came_back:"
MAILS_CAME_BACK = N_("Mails that came back within %(days)s days: %(count)s")
TOO_LONG = N_("This is too long.")


class SuppressionNotFound(NotFound):
    """No such entry in this tenant."""

    code = "suppression_not_found"
    message = N_("There is no such entry in the list.")


class ComplaintStays(Forbidden):
    """Lifting a complaint is for admins in person; no program does it."""

    code = "complaint_stays"
    message = N_("Somebody reported mail to this address as spam. Only an admin can lift that.")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries a list shows."""

    email: str = ""
    kind: str = ""
    lifted: bool = False


def add(
    session: Session,
    email: str,
    *,
    kind: str,
    source: str,
    by: Actor = SYSTEM,
    reason: str = "",
    evidence: object = None,
) -> Suppression:
    """Puts an address on the list. The same address and kind again gives the entry that stands. Raises Invalid."""
    if kind not in KINDS:
        raise ValueError(f"no kind of suppression is called {kind!r}")
    if len(reason) > LONGEST_REASON:
        raise Invalid(problems={"reason": [TOO_LONG]})
    row = _row(session, _address(email), kind, source, by, reason, evidence)
    made = session.scalar(_inserted([row]))
    if made is not None:
        record(session, AddressSuppressed(subject=made, reason=kind))
        if by.kind != "system":
            audit.record(session, "suppression.added", by=by, subject=made, kind=kind)
    return session.scalars(
        select(Suppression).where(
            Suppression.email_index == row["email_index"], Suppression.kind == kind, *_standing()
        )
    ).one()


def add_index(
    session: Session, index: bytes, email: str | None, *, kind: str, source: str, reason: str, evidence: object
) -> None:
    """As `add`, for an address of which the blind index is known for certain, and its text perhaps no more."""
    if email is not None:
        add(session, email, kind=kind, source=source, reason=reason, evidence=evidence)
        return
    values = {"id": new_id(), **_values(None, kind, source, SYSTEM, reason or None, evidence), "email_index": index}
    made = session.scalar(_inserted([values]))
    if made is not None:
        record(session, AddressSuppressed(subject=made, reason=kind))


def came_back(count: int, days: int) -> str:
    """What is stored as the reason when an address is given up; `say` makes the sentence."""
    return f"{CAME_BACK}{count}:{days}"


def say(reason: str | None) -> str | None:
    """A stored reason as a person reads it: what staff wrote as it is, ours in the reader's language."""
    if reason is None or not reason.startswith(CAME_BACK):
        return reason
    count, _, days = reason.removeprefix(CAME_BACK).partition(":")
    return gettext(MAILS_CAME_BACK, count=count, days=days)


def add_many(
    session: Session, emails: Iterable[str], *, kind: str, source: str, by: Actor, evidence: object = None
) -> int:
    """Puts checked addresses on the list with one statement; answers how many are new."""
    cipher = current_keys().for_tenant(session.info["tenant"])
    unique = {bytes(blind_of(cipher, "email", email)): email for email in emails}  # type: ignore[arg-type]
    for index, kinds in standing(session, list(unique)).items():
        if kind in kinds:
            del unique[index]
    ids = {index: new_id() for index in unique}
    current_keys().create_people(session.info["tenant"], list(ids.values()))
    rows = [
        protect(Suppression, cipher, {"id": ids[index], **_values(email, kind, source, by, None, evidence)})
        for index, email in sorted(unique.items())
    ]
    made = session.scalars(_inserted(rows)).all() if rows else []
    record_all(session, [AddressSuppressed(subject=each, reason=kind) for each in made])
    return len(made)


def stopped_by(session: Session, email: str, *, transactional: bool = False) -> str | None:
    """Which kind stops mail to an address; None when none does."""
    found = session.scalars(
        select(Suppression.kind).where(blind_equal(Suppression.email_index, email), *_standing())
    )
    return stopping(found, transactional=transactional)


def has(session: Session, email: str, kind: str) -> bool:
    """Whether an entry of that kind stands against an address."""
    query = select(Suppression.id).where(blind_equal(Suppression.email_index, email), Suppression.kind == kind)
    return session.scalar(query.where(*_standing()).limit(1)) is not None


def standing(session: Session, indexes: Collection[bytes]) -> dict[bytes, set[str]]:
    """Blind indexes of addresses to the kinds that stand against them."""
    rows = session.execute(
        select(Suppression.email_index, Suppression.kind).where(Suppression.email_index.in_(indexes), *_standing())
    )
    found: dict[bytes, set[str]] = {}
    for index, kind in rows:
        found.setdefault(index, set()).add(kind)
    return found


def stopping(kinds: Iterable[str], *, transactional: bool) -> str | None:
    """The kind that stops a mail; None when none does."""
    against = set(kinds) & STOPS_SERVICE if transactional else set(kinds)
    return min(against, key=STRONGEST.index, default=None)


def lift(session: Session, entry: Suppression, *, reason: str, by: Actor) -> Suppression:
    """The address may be written to again. Lifting what is lifted does nothing.

    Raises Invalid without a reason, ComplaintStays where somebody who is no admin lifts a complaint.
    """
    if entry.lifted_at is not None:
        return entry
    why = " ".join(reason.split())
    if not why or len(why) > LONGEST_REASON:
        raise Invalid(problems={"reason": [TOO_LONG if why else SAY_WHY]})
    if entry.kind == "complaint" and not (by.kind == "staff" and by.may("contacts.manage")):
        raise ComplaintStays()
    session.refresh(entry, with_for_update=True)
    if entry.lifted_at is None:
        _lift(session, entry, why, by)
        audit.record(session, "suppression.lifted", by=by, subject=entry.id, kind=entry.kind)
    return entry


def lift_own(session: Session, email: str) -> None:
    """Somebody who wanted no mail has asked for some again, by a link to their own mailbox."""
    entries = session.scalars(
        select(Suppression)
        .where(blind_equal(Suppression.email_index, email), Suppression.kind == "unsubscribe", *_standing())
        .with_for_update()
    )
    for entry in entries:
        _lift(session, entry, None, SYSTEM)


def get(session: Session, entry_id: UUID) -> Suppression:
    """Raises SuppressionNotFound."""
    entry = session.get(Suppression, entry_id)
    if entry is None:
        raise SuppressionNotFound()
    return entry


def list_suppressions(
    session: Session, filters: Filters, *, after: str | None = None, limit: int = 50
) -> Page[Suppression]:
    """Entries, newest first; `email` finds exactly that address. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode(after)
    query = _filtered(select(Suppression), filters).order_by(Suppression.id.desc()).limit(size + 1)
    rows = session.scalars(query if cursor is None else query.where(Suppression.id < cursor)).all()
    return page(rows, size, [row.id for row in rows])


def count(session: Session, filters: Filters) -> int:
    """How many there are."""
    return (
        session.scalar(select(func.count()).select_from(_filtered(select(Suppression.id), filters).subquery())) or 0
    )


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    query = query.where(Suppression.lifted_at.is_not(None)) if filters.lifted else query.where(*_standing())
    if filters.email:
        query = query.where(blind_equal(Suppression.email_index, filters.email))
    return query.where(Suppression.kind == filters.kind) if filters.kind else query


def _standing() -> Sequence[Any]:
    return (Suppression.lifted_at.is_(None),)


def _address(email: str) -> str:
    try:
        mime.address(email)
    except mime.BadMail:
        raise Invalid(problems={"email": [BAD_ADDRESS]}) from None
    return email.strip()


def _row(
    session: Session, email: str, kind: str, source: str, by: Actor, reason: str, evidence: object
) -> dict[str, Any]:
    tenant, row_id = session.info["tenant"], new_id()
    current_keys().create_people(tenant, [row_id])
    values = {"id": row_id, **_values(email, kind, source, by, reason or None, evidence)}
    return protect(Suppression, current_keys().for_tenant(tenant), values)


def _values(
    email: str | None, kind: str, source: str, by: Actor, reason: str | None, evidence: object
) -> dict[str, Any]:
    return {
        "email": email,
        "kind": kind,
        "source": source,
        "reason": reason,
        "evidence": None if evidence is None else str(evidence),
        "at": clock.now(),
        "by_id": by.id,
    }


def _inserted(rows: Sequence[dict[str, Any]]) -> Any:
    adding = insert(Suppression).values(list(rows))
    where = Suppression.lifted_at.is_(None)
    return adding.on_conflict_do_nothing(
        index_elements=[Suppression.email_index, Suppression.kind], index_where=where
    ).returning(Suppression.id)


def _lift(session: Session, entry: Suppression, why: str | None, by: Actor) -> None:
    entry.lifted_at, entry.lifted_by, entry.lifted_why = clock.now(), by.id, why
    session.flush()
    record(session, SuppressionLifted(subject=entry.id, reason=entry.kind))
