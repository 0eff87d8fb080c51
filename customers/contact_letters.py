"""Who writes what goes through the door: a registry that domains fill, composed in `web/registries.py`.

A letter is a pair of templates that extend `customers/mail/layout.html` and `.txt`, which carry the foot that every
such mail has: why somebody gets it, and the way to their preferences.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from customers.models import Contact
from infra.errors import RapportError
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


def write(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """The letter of a contact. Raises UnknownLetter."""
    renderer = _letters.get(contact.letter)
    if renderer is None:
        raise UnknownLetter(letter=contact.letter)
    return renderer(session, contact, mail)
