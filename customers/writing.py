"""Writing to one customer: a letter by hand, through the same door as everything else.

What goes out stands on the timeline as an e-mail to the customer, with its words; what became of its mail says the
contact, which is found by the interaction's key. What the door refuses is a contact with its reason and without
words: whoever wrote them keeps them.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact, interactions, topics, writing_grounds, writing_text
from customers.models import Contact, Interaction, Person
from customers.models.interactions import WRITTEN
from customers.writing_errors import MessageInvalid, MessageKeyUsed, MessageNotFound
from customers.writing_grounds import Grounds
from infra.i18n import N_
from infra.mail.models import Outbox
from tenants.permissions import Actor

PERMISSION = "contacts.write"
LETTER = "message"
SUMMARY = 300

OTHER_PURPOSE = N_("This topic belongs to another purpose.")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of it: with an interaction it goes out, without one it was refused."""

    contact: Contact
    interaction: Interaction | None


def write(
    session: Session,
    person: Person,
    *,
    subject: str,
    text: str,
    key: str,
    by: Actor,
    purpose: str = LETTER,
    topic: str = "",
    letter: str = LETTER,
    about: UUID | None = None,
    grounds: Grounds = writing_grounds.NONE,
) -> Written:
    """Asks for a mail with these words; the same key is the same message for ever, whatever became of it.

    `letter` is who renders it (`customers.writing_mail`), `about` what else it brings: a survey that it invites to.
    `grounds` are needed for a purpose that nothing holds back.
    Raises MessageInvalid, MessageKeyUsed, ContactKeyTaken, PurposeUnknown, TopicNotFound.
    """
    subject, text = writing_text.check(subject, text)
    if topic and topics.get_by_code(session, topic).purpose != purpose:
        raise MessageInvalid(problems={"topic": [OTHER_PURPOSE]})
    writing_grounds.require(session, person, purpose, grounds, by=by)
    own = f"message:{key}"
    again = session.scalar(select(Contact.id).where(Contact.key == own)) is not None
    asked = contact.request(
        session, person.id, purpose, ref=about or person.id, key=own, topic=topic, letter=letter
    )
    before = find_interaction(session, asked)
    if asked.state == "refused":
        return Written(asked, None)
    if again or before is not None:
        return _same(Written(asked, before), (subject, text, purpose, topic, letter, about))
    logged = interactions.log(
        session,
        person,
        channel="email",
        direction="out",
        subject=subject,
        summary=beginning(text),
        body=text,
        key=f"{WRITTEN}{asked.id}",
        thread_id=session.scalar(select(Outbox.id).where(Outbox.key == f"contact:{asked.id}")),
        source="staff" if by.kind == "staff" else "api",
        by=by,
    )
    writing_grounds.record(session, person, purpose, grounds, by=by)
    return Written(asked, logged)


def _same(before: Written, wanted: tuple[str, str, str, str, str, UUID | None]) -> Written:
    """What was sent under the key, if it is what is wanted now, word for word, and nobody took it back since."""
    asked, said = before.contact, before.interaction
    if said is not None:
        about = asked.ref_id if wanted[-1] is not None else None
        sent = (said.subject, said.body, asked.purpose, asked.topic, asked.letter, about)
        if sent == wanted:
            return before
    raise MessageKeyUsed()


def get(session: Session, contact_id: UUID) -> Written:
    """A message by the id of its contact. Raises MessageNotFound."""
    found = session.get(Contact, contact_id)
    if found is None or not found.key.startswith("message:"):
        raise MessageNotFound()
    return Written(found, find_interaction(session, found))


def find_interaction(session: Session, asked: Contact) -> Interaction | None:
    """The words of a message that was not refused at once; None also when somebody deleted them."""
    return session.scalars(select(Interaction).where(Interaction.key == f"{WRITTEN}{asked.id}")).one_or_none()


def contact_id_of(interaction: Interaction) -> UUID | None:
    """The contact of an interaction that was written here; None for any other."""
    if not interaction.key.startswith(WRITTEN):
        return None
    return UUID(interaction.key.removeprefix(WRITTEN))


def beginning(text: str) -> str:
    """What lists show of it: its first lines."""
    return text if len(text) <= SUMMARY else text[: SUMMARY - 1].rstrip() + "…"
