"""What came back, and what follows from it: who cannot be reached is not written to again.

Hard is acted upon at once, soft counts, a complaint is a word from the person. That holds for what proves itself:
it came to the bounce address of that mail, or names its Message-ID, which only its recipient has seen, or the
server said it to us. A report that only names an address proves nothing, for anybody can write one: it counts like
a soft one. So does one about an address that the person does not have (any more).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import consent, contact_rules, people, suppressions
from customers.contact import MAIL
from customers.models import Bounce, Consent, Contact, Identity, Person, Suppression
from infra import clock
from infra.crypto import normal
from infra.crypto.columns import blind_equal, or_none
from infra.errors import NotFound
from infra.ids import new_id
from infra.mail import bounces as rules
from infra.mail.bounces import Kind
from infra.mail.models import Outbox
from infra.pages import Page, bounded, decode, page

COUNTED = ("soft", "hard")
REFUSALS_SINCE = timedelta(days=7)
AT_ONCE = 200
SOURCES = {"smtp": "smtp", "mail": "dsn", "ses": "ses"}
"""Our word for where a report comes from, in the words of the list of suppressions."""


@dataclass(frozen=True, slots=True)
class Told:
    """One report. `key` makes it one row however often it is told; `recipients` is empty where none is named."""

    key: str
    source: str
    kind: Kind
    status: str = ""
    diagnostic: str = ""
    recipients: tuple[str, ...] = ()
    outbox_id: UUID | None = None
    proof: str = "none"
    evidence: str | None = None
    at: datetime | None = None


def record(session: Session, told: Told) -> Bounce | None:
    """Notes a report and does what follows; None when it was told before."""
    contact = _contact(session, told.outbox_id)
    person_id = contact.person_id if contact is not None else _person_by_address(session, told.recipients)
    proof = told.proof
    if contact is None and proof in ("outbox", "message_id"):
        proof = "address" if person_id is not None else "none"
    row = {
        "id": new_id(),
        "key": told.key,
        "source": told.source,
        "proof": "address" if proof == "none" and person_id is not None else proof,
        "outbox_id": told.outbox_id,
        "person_id": person_id,
        "kind": told.kind,
        "status": told.status[:20] or None,
        "diagnostic": told.diagnostic or None,
        "at": told.at or clock.now(),
        "evidence": told.evidence,
        "suppressed": False,
    }
    adding = insert(Bounce).values(row).on_conflict_do_nothing(index_elements=[Bounce.key])
    if session.scalar(adding.returning(Bounce.id)) is None:
        return None
    bounce = session.get_one(Bounce, row["id"])
    if person_id is not None:
        _act(session, bounce, contact, told.recipients)
    session.flush()
    return bounce


def get(session: Session, bounce_id: UUID) -> Bounce:
    """A report. Raises NotFound."""
    found = session.get(Bounce, bounce_id)
    if found is None:
        raise NotFound()
    return found


def list_of_person(session: Session, person: Person, after: str | None = None, limit: int = 50) -> Page[Bounce]:
    """What came back of mail to a person, newest first."""
    size, cursor = bounded(limit), decode(after)
    query = select(Bounce).where(Bounce.person_id.in_(people.ids_of(session, person.id)))
    if cursor is not None:
        query = query.where(Bounce.id < cursor)
    rows = session.scalars(query.order_by(Bounce.id.desc()).limit(size + 1)).all()
    return page(rows, size, [row.id for row in rows])


def has_refusals(session: Session) -> bool:
    """Whether a server has refused a mail to a customer and nobody has noted it."""
    return session.scalar(_refusals().limit(1)) is not None


def note_refusals(session: Session) -> int:
    """Judges what servers said to us when we sent, by the same table; answers how many were new."""
    rows = session.scalars(_refusals().limit(AT_ONCE)).all()
    for mail in rows:
        reply = mail.smtp_reply or ""
        status = rules.status_in(reply)
        told = Told(f"smtp:{mail.id}", "smtp", rules.classify(status, reply), status, reply, (), mail.id, "outbox")
        record(session, told)
    return len(rows)


def _refusals() -> Select[Outbox]:
    noted = select(Bounce.id).where(Bounce.key == func.concat("smtp:", cast(Outbox.id, String))).exists()
    since = clock.now() - REFUSALS_SINCE
    return select(Outbox).where(
        Outbox.state == "refused", Outbox.purpose == MAIL, Outbox.finished_at > since, ~noted
    )


def _act(session: Session, bounce: Bounce, contact: Contact | None, recipients: Sequence[str]) -> None:
    """Hard and proved: not written to again. Everything else that failed is counted under the person's lock."""
    if bounce.kind not in (*COUNTED, "complaint"):
        return
    email = _address(session, bounce.person_id, contact)
    if email is None:
        return
    proved = bounce.proof in ("outbox", "message_id") and _is_about(email, recipients)
    kind = "complaint" if bounce.kind == "complaint" else "hard_bounce"
    if bounce.kind != "soft" and proved:
        reason = ""
    elif bounce.kind == "complaint" or not (reason := _too_many(session, bounce, email)):
        return
    source = SOURCES[bounce.source]
    suppressions.add(session, email, kind=kind, source=source, reason=reason, evidence=bounce.id)
    bounce.suppressed = True


def _too_many(session: Session, bounce: Bounce, email: str) -> str:
    """Why the address is given up, "" when it is not: as many mails failed within the days as the tenant says.

    Several reports about one mail count once; what was before staff let the address in again does not count.
    """
    limits = contact_rules.get(session)
    assert bounce.person_id is not None
    ids = people.ids_of(session, bounce.person_id)
    session.execute(select(Person.id).where(Person.id == ids[0]).with_for_update(key_share=True))
    lifted = select(func.max(Suppression.lifted_at)).where(blind_equal(Suppression.email_index, email))
    since = clock.now() - timedelta(days=limits.soft_bounce_days)
    failed = select(func.count(func.distinct(func.coalesce(Bounce.outbox_id, Bounce.id)))).where(
        Bounce.person_id.in_(ids), Bounce.kind.in_(COUNTED), Bounce.at > max(since, session.scalar(lifted) or since)
    )
    count = session.scalar(failed) or 0
    if count < limits.soft_bounces:
        return ""
    return f"{count} mails came back within {limits.soft_bounce_days} days"


def _contact(session: Session, outbox_id: UUID | None) -> Contact | None:
    if outbox_id is None:
        return None
    mail = session.get(Outbox, outbox_id)
    return session.get(Contact, mail.ref_id) if mail is not None and mail.purpose == MAIL else None


def _person_by_address(session: Session, recipients: Sequence[str]) -> UUID | None:
    for address in recipients:
        found = people.find_by_email(session, address)
        if found:
            return found[0].id
    return None


def _address(session: Session, person_id: UUID | None, contact: Contact | None) -> str | None:
    """Whom the mail went to: the person, or the guardian of a child who was asked in their place."""
    if contact is not None and contact.letter == consent.CONFIRMATION:
        asked = session.get(Consent, contact.ref_id)
        guardian = or_none(lambda: asked.guardian_email) if asked is not None else None
        if guardian:
            return str(guardian)
    identity = session.get(Identity, person_id)
    return or_none(lambda: identity.email) if identity is not None else None


def _is_about(email: str, recipients: Sequence[str]) -> bool:
    return not recipients or normal.email(email) in {normal.email(each) for each in recipients}
