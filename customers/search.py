"""What was typed into a search box, as something that may be kept: blind words and ids, no name and no address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from customers.models import Identity, Person
from infra.crypto import normal
from infra.crypto.ambient import current_keys
from infra.crypto.columns import blind_equal
from infra.crypto.declared import PREFIX_BYTES
from infra.db import current_tenant

LONGEST = 254
FEWEST_DIGITS = 5
MOST_WORDS = 8
_TYPED_IN_NUMBERS = frozenset("+0123456789 ()-./")


@dataclass(frozen=True, slots=True)
class Search:
    """The people of certain ids, or those whose names have words that begin so; neither finds nobody."""

    words: tuple[bytes, ...] = ()
    ids: tuple[UUID, ...] = ()

    def begins(self, index: Any) -> ColumnElement[bool]:
        """Whether every word begins a word of the name behind the index."""
        found: ColumnElement[bool] = index.contains(cast(list(self.words), ARRAY(LargeBinary)))
        return found

    def to_codes(self) -> dict[str, list[str]]:
        """For long work, which holds codes only."""
        return {"words": [word.hex() for word in self.words], "ids": [str(each) for each in self.ids]}

    @classmethod
    def from_codes(cls, codes: Mapping[str, Sequence[str]]) -> Self:
        """What `to_codes` wrote."""
        words = tuple(bytes.fromhex(word) for word in codes["words"])
        return cls(words, tuple(UUID(each) for each in codes["ids"]))


def asked(session: Session, text: str) -> Search | None:
    """What was typed: an e-mail address, a phone number, an external id, or words of a name; None for nothing.

    Addresses and ids are looked up now: they are exact and few.
    """
    plain = text.replace("\x00", "").strip()[:LONGEST]
    if not plain:
        return None
    ids = {*with_external_id(session, plain)}
    if "@" in plain:
        ids |= {*session.scalars(select(Identity.id).where(blind_equal(Identity.email_index, plain)))}
        return Search(ids=_canonical(session, ids))
    if set(plain) <= _TYPED_IN_NUMBERS and sum(letter.isdigit() for letter in plain) >= FEWEST_DIGITS:
        ids |= {*session.scalars(select(Identity.id).where(blind_equal(Identity.phone_index, plain)))}
        return Search(ids=_canonical(session, ids))
    return Search(_words(plain), _canonical(session, ids))


def with_external_id(session: Session, text: str) -> Sequence[UUID]:
    """Who has the id, and behind them who had it before they were merged. Two questions, an index for each."""
    query = select(Person.id).where(Person.external_id == text)
    present = session.scalars(query.where(Person.merged_into.is_(None))).all()
    return present or session.scalars(query.where(Person.merged_into.is_not(None))).all()


def _words(text: str) -> tuple[bytes, ...]:
    cipher = current_keys().for_tenant(current_tenant())
    words = normal.words(text)[:MOST_WORDS]
    return tuple(cipher.blind("name", word[: normal.LONGEST_PREFIX])[:PREFIX_BYTES] for word in words)


def _canonical(session: Session, ids: set[UUID]) -> tuple[UUID, ...]:
    """Who was merged is found under the id that stays."""
    found = set(ids)
    for _step in range(50):
        query = select(Person.id, Person.merged_into).where(Person.id.in_(found), Person.merged_into.is_not(None))
        moved = {row.id: row.merged_into for row in session.execute(query)} if found else {}
        if not moved:
            break
        found = {moved.get(each, each) for each in found}
    return tuple(sorted(found))
