"""Who writes what goes through the door: a registry that domains fill, composed in `web/registries.py`.

A letter is a pair of templates that extend `customers/mail/layout.html` and `.txt`, which carry the foot that every
such mail has: why somebody gets it, and the way to their preferences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from customers.models import Contact
from infra.errors import NotFound, RapportError
from infra.mail.purposes import OutgoingMail


@dataclass(frozen=True, slots=True)
class Letter:
    """What a domain says. `fields` differ between recipients, `context` does not (see `infra.mail.letters`).

    `to` is another mailbox than the person's own; `personal` marks what somebody wrote by hand, which may be
    answered automatically. `headers` come besides those of the door.
    """

    template: str
    subject: str
    fields: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    to: str | None = None
    reply_to: str = ""
    personal: bool = False
    headers: tuple[tuple[str, str], ...] = ()


Renderer = Callable[[Session, Contact, OutgoingMail], Letter | None]
"""None: there is nothing to say any more. The language in use is the person's."""


Asked = tuple[Contact, OutgoingMail]


@dataclass(frozen=True, slots=True)
class LettersForMany:
    """A renderer of which many are asked at once: it looks up what a batch needs in a few questions.

    `make` answers letters by the contacts' ids; what it leaves out has nothing to say any more. It stands in a
    table of letters like any other.
    """

    make: Callable[[Session, Sequence[Asked]], Mapping[UUID, Letter]]

    def __call__(self, session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
        """One letter, as any renderer writes it."""
        return self.make(session, [(contact, mail)]).get(contact.id)


class UnknownLetter(RapportError):
    """Nobody writes this letter: a process that is older than the code that asked for it."""

    code = "unknown_letter"
    message = "No letter is known as %(letter)s."


_letters: dict[str, Renderer] = {}


def configure(*tables: Mapping[str, Renderer]) -> None:
    """Called once by the composition root with what each domain offers. Raises ValueError for a double name."""
    found: dict[str, Renderer] = {}
    for table in tables:
        for name, renderer in table.items():
            if name in found:
                raise ValueError(f"two functions write the letter {name!r}")
            found[name] = renderer
    _letters.clear()
    _letters.update(found)


def names() -> list[str]:
    """All that are known here."""
    return sorted(_letters)


def write(session: Session, asked: Sequence[Asked]) -> dict[UUID, Letter]:
    """The letters of some contacts, by their ids, without those that have nothing to say. Raises UnknownLetter."""
    alike: dict[str, list[Asked]] = {}
    for each in asked:
        alike.setdefault(each[0].letter, []).append(each)
    found: dict[UUID, Letter] = {}
    for name, group in alike.items():
        renderer = _letters.get(name)
        if renderer is None:
            raise UnknownLetter(letter=name)
        if isinstance(renderer, LettersForMany):
            found.update(renderer.make(session, group))
        else:
            written = ((contact.id, _one(renderer, session, contact, mail)) for contact, mail in group)
            found.update({contact_id: letter for contact_id, letter in written if letter is not None})
    return found


def _one(renderer: Renderer, session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    try:
        return renderer(session, contact, mail)
    except NotFound:
        return None
