"""What came back, and what follows from it: who cannot be reached is not written to again.

Hard is acted upon at once, soft counts, a complaint is a word from the person. That holds for what proves itself:
it came to the bounce address of that mail, or names its Message-ID, which only its recipient has seen, or the
server said it to us. A report that only names an address proves nothing, for anybody can write any number of them:
it is shown, and nothing follows. What is proved is held against the address that the mail went to, which need not
be the person's present one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import consent, consent_people, contact_rules, people, suppressions
from customers.consent_events import MailReported
from customers.contact import MAIL
from customers.models import Bounce, Consent, Contact, Identity, Person, Suppression
from infra import clock
from infra.crypto import Cipher, current_keys
from infra.crypto.columns import blind_of, or_none
from infra.errors import NotFound
from infra.events import record as record_event
from infra.ids import new_id
from infra.mail import bounces as rules
from infra.mail.bounces import Kind
from infra.mail.models import Outbox
from infra.pages import Page, bounded, decode, page

COUNTED = ("soft", "hard")
PROVED = ("outbox", "message_id")
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


@dataclass(frozen=True, slots=True)
class GoneTo:
    """The address that a mail went to; its text where it is known still."""

    index: bytes
    email: str | None


def record(session: Session, told: Told) -> Bounce | None:
    """Notes a report and does what follows; None when it was told before."""
    contact = _contact(session, told.outbox_id)
    person_id = contact.person_id if contact is not None else _person_by_address(session, told.recipients)
    proof = told.proof
    if contact is None and proof in PROVED:
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
        record_event(session, MailReported(subject=bounce.id, person=person_id, report=bounce.kind))
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
    """Hard and proved: not written to again. Soft and proved is counted; whatever proves nothing is shown."""
    if bounce.kind not in (*COUNTED, "complaint") or contact is None or bounce.proof not in PROVED:
        return
    gone_to = _gone_to(session, contact, recipients)
    if gone_to is None:
        return
    kind = "complaint" if bounce.kind == "complaint" else "hard_bounce"
    reason = "" if bounce.kind != "soft" else _too_many(session, bounce, gone_to)
    if bounce.kind == "soft" and not reason:
        return
    suppressions.add_index(
        session,
        gone_to.index,
        gone_to.email,
        kind=kind,
        source=SOURCES[bounce.source],
        reason=reason,
        evidence=bounce.id,
    )
    bounce.suppressed = True


def _too_many(session: Session, bounce: Bounce, gone_to: GoneTo) -> str:
    """Why the address is given up, "" when it is not: as many mails failed within the days as the tenant says.

    Several reports about one mail count once, those that prove nothing and those about another address never; what
    was before staff let the address in again does not count.
    """
    limits = contact_rules.get(session)
    assert bounce.person_id is not None
    ids = people.ids_of(session, bounce.person_id)
    session.execute(select(Person.id).where(Person.id == ids[0]).with_for_update(key_share=True))
    lifted = session.scalar(select(func.max(Suppression.lifted_at)).where(Suppression.email_index == gone_to.index))
    since = clock.now() - timedelta(days=limits.soft_bounce_days)
    about = Contact.email_index.is_(None) | (Contact.email_index == gone_to.index)
    failed = (
        select(func.count(func.distinct(Bounce.outbox_id)))
        .join(Outbox, Outbox.id == Bounce.outbox_id)
        .join(Contact, Contact.id == Outbox.ref_id)
        .where(
            Bounce.person_id.in_(ids),
            Bounce.kind.in_(COUNTED),
            Bounce.proof.in_(PROVED),
            Bounce.at > max(since, lifted or since),
            about,
        )
    )
    count = session.scalar(failed) or 0
    return suppressions.came_back(count, limits.soft_bounce_days) if count >= limits.soft_bounces else ""


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


def _gone_to(session: Session, contact: Contact, recipients: Sequence[str]) -> GoneTo | None:
    """Where the mail went, which may be another address than the present one; None when the report is about
    somebody else, or nothing is known."""
    cipher = current_keys().for_tenant(session.info["tenant"])
    named = {bytes(blind_of(cipher, "email", each)): each for each in recipients}  # type: ignore[arg-type]
    present = _address(session, contact)
    if present is not None:
        named[bytes(blind_of(cipher, "email", present))] = present  # type: ignore[arg-type]
    index = contact.email_index
    if index is None and present is not None:  # of the time before contacts knew where they go
        index = bytes(blind_of(cipher, "email", present))  # type: ignore[arg-type]
    if index is None or not _is_about(cipher, index, recipients):
        return None
    return GoneTo(index, named.get(index))


def _address(session: Session, contact: Contact) -> str | None:
    """Whom a mail goes to now: the person, or the guardian of a child who was asked in their place."""
    if contact.letter == consent.CONFIRMATION:
        asked = session.get(Consent, contact.ref_id)
        guardian = or_none(lambda: asked.guardian_email) if asked is not None else None
        if guardian:
            return str(guardian)
    who = consent_people.find(session, contact.person_id)
    identity = session.get(Identity, who.id) if who is not None else None
    return or_none(lambda: identity.email) if identity is not None else None


def _is_about(cipher: Cipher, index: bytes, recipients: Sequence[str]) -> bool:
    return not recipients or index in {blind_of(cipher, "email", each) for each in recipients}
