"""What a tenant offers its customers: a registry that domains fill, composed in `web/registries.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from customers.models import Person
from infra.i18n import gettext


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of an offer, such as a survey that is open: what it is called and where it is."""

    title: str
    path: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One part of the first page. `title` and `words` are messages, `path` leads to its own page, if it has one.

    `show` answers what is there for somebody now, or None where the offer is not shown at all.
    """

    code: str
    title: str
    words: str
    path: str
    show: Callable[[Session, Person], Sequence[Entry] | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer with what is there now."""

    offer: Offer
    entries: Sequence[Entry]

    @property
    def title(self) -> str:
        """In the language in use."""
        return gettext(self.offer.title)

    @property
    def words(self) -> str:
        """In the language in use."""
        return gettext(self.offer.words)


_offers: tuple[Offer, ...] = ()


def configure(*offers: Offer) -> None:
    """Called once by the composition root, in the order they are shown. Raises ValueError for a double code."""
    global _offers
    if len({each.code for each in offers}) < len(offers):
        raise ValueError("two offers have one code")
    _offers = offers


def list_shown(session: Session, person: Person) -> list[Shown]:
    """What is there for somebody now."""
    found = ((each, each.show(session, person)) for each in _offers)
    return [Shown(each, entries) for each, entries in found if entries is not None]
