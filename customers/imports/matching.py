"""Whom a row is about: who has its external id, else exactly its e-mail address, else somebody new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import LargeBinary, Select, Text, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from customers import people
from customers.imports.rows import AMBIGUOUS, NOBODY, WHOLE, Row
from customers.models import Identity, Person
from infra.crypto.columns import blind_of
from infra.crypto.keys import Cipher
from infra.ids import new_id


@dataclass(slots=True)
class Known:
    """People by what they are found by. Who comes in with a row is known to the rows behind it."""

    by_id: dict[str, UUID] = field(default_factory=dict)
    by_email: dict[bytes, dict[UUID, str | None]] = field(default_factory=dict)
    """The address's blind index to people with their external ids."""

    def find(self, row: Row) -> UUID | None:
        """Who the row is about; None for somebody new. An address of whom two have it is a problem of the row.

        Two external ids are two people, also when they share an address.
        """
        own = row.texts.get("external_id")
        if own is not None and own in self.by_id:
            return self.by_id[own]
        sharing = self.by_email.get(row.email_index, {}) if row.email_index else {}
        fitting = [each for each, other in sharing.items() if own is None or other is None or own == other]
        if len(fitting) > 1:
            row.problems.append([WHOLE, AMBIGUOUS, {}])
        return fitting[0] if fitting else None

    def add(self, person: UUID, row: Row) -> None:
        """Notes what the row says of the person."""
        own = row.texts.get("external_id")
        if own is not None:
            self.by_id[own] = person
        if row.email_index:
            self.by_email.setdefault(row.email_index, {}).setdefault(person, own)
            if own is not None:
                self.by_email[row.email_index][person] = own


def index(cipher: Cipher, rows: Iterable[Row]) -> None:
    """Fills the blind index of each row's address."""
    for row in rows:
        if "email" in row.texts:
            found = blind_of(cipher, "email", row.texts["email"])
            assert isinstance(found, bytes)
            row.email_index = found


def learn(session: Session, known: Known, rows: Sequence[Row]) -> None:
    """Looks up who the rows may be about; who was merged is known under the id that stays."""
    own = {row.texts["external_id"] for row in rows if "external_id" in row.texts} - known.by_id.keys()
    emails = {row.email_index for row in rows if row.email_index}
    living = Person.erased_at.is_(None)
    by_id = (
        session.execute(
            select(Person.external_id, Person.id)
            .where(Person.external_id == any_(cast(list(own), ARRAY(Text))), living)
            .order_by(Person.merged_into.is_(None))
        ).all()
        if own
        else []
    )
    by_email = (
        session.execute(
            select(Identity.email_index, Identity.id).where(
                Identity.email_index == any_(cast(list(emails), ARRAY(LargeBinary)))
            )
        ).all()
        if emails
        else []
    )
    now = people.canonical_ids(session, {row.id for row in (*by_id, *by_email)})
    ids = {row.id: row.external_id for row in session.execute(_ids(set(now.values())))} if now else {}
    known.by_id |= {row.external_id: now[row.id] for row in by_id if row.id in now and row.external_id}
    for found in by_email:
        if found.id in now:
            who = now[found.id]
            known.by_email.setdefault(bytes(found.email_index), {}).setdefault(who, ids.get(who))


def decide(known: Known, row: Row) -> tuple[UUID, bool] | None:
    """Who it is about and whether they are new; None when the row is wrong."""
    found = known.find(row)
    if row.problems:
        return None
    if found is None and not any(row.texts.get(each) for each in ("name", "email", "phone", "external_id")):
        row.problems.append([WHOLE, NOBODY, {}])
        return None
    who = found or new_id()
    known.add(who, row)
    return who, found is None


def _ids(ids: set[UUID]) -> Select[UUID, str | None]:
    return select(Person.id, Person.external_id).where(Person.id.in_(ids))
