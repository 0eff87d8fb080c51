"""Many people at once: those who were chosen one by one, or all who fit a list's filters, for long work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy.orm import Session

from customers.attributes import codes_kept_apart
from customers.models import Person
from customers.people import canonical_ids
from customers.queries import PeopleFilters, count_people, select_people
from customers.search import Search
from infra.long_jobs import Work

BATCH = 500
MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Either ids or filters; filters without anything are everybody."""

    ids: tuple[UUID, ...] | None = None
    filters: PeopleFilters | None = None

    def count(self, session: Session, *, most: int) -> int:
        """How many they are at present, counted up to `most`."""
        if self.ids is not None:
            return len(canonical_ids(session, self.ids))
        return count_people(session, self.filters, most=most)

    def batches(self, work: Work, size: int = BATCH) -> Iterator[Sequence[UUID]]:
        """Their ids in ascending order. Whoever comes after the work was asked for is not among them."""
        if self.ids is not None:
            with work.session() as session:
                ids = sorted(set(canonical_ids(session, self.ids).values()))
            yield from (ids[start : start + size] for start in range(0, len(ids), size))
            return
        after: UUID | None = None
        while True:
            with work.session() as session:
                query = select_people(session, self.filters or PeopleFilters())
                query = query.where(Person.created_at <= work.asked_at).order_by(Person.id).limit(size)
                found = session.scalars(query if after is None else query.where(Person.id > after)).all()
            if not found:
                return
            yield found
            after = found[-1]

    def without_values(self, session: Session) -> "Selection":
        """The same for long work to keep, without what was typed about people: whom it finds now, one by one.

        What more than MOST_NAMED share names nobody, and stays.
        """
        if self.filters is None or codes_kept_apart(session).isdisjoint(self.filters.attributes):
            return self
        found = session.scalars(select_people(session, self.filters).limit(MOST_NAMED + 1)).all()
        return self if len(found) > MOST_NAMED else Selection(ids=tuple(found))

    def missing(self, session: Session) -> list[UUID]:
        """Of those that were chosen, who is not there any more."""
        known = canonical_ids(session, self.ids or ())
        return [each for each in self.ids or () if each not in known]

    def to_codes(self) -> dict[str, Any]:
        """As long work holds it: ids and codes, no name and no address."""
        if self.ids is not None:
            return {"ids": [str(each) for each in self.ids]}
        filters = self.filters or PeopleFilters()
        return {
            "search": filters.search.to_codes() if filters.search else None,
            "company": str(filters.company_id) if filters.company_id else None,
            "segment": str(filters.segment_id) if filters.segment_id else None,
            "language": filters.language,
            "source": filters.source,
            "contact": filters.contact,
            "score": filters.score,
            "attributes": dict(filters.attributes),
        }

    @classmethod
    def from_codes(cls, codes: Mapping[str, Any]) -> Self:
        """What `to_codes` wrote."""
        if "ids" in codes:
            return cls(ids=tuple(UUID(each) for each in codes["ids"]))
        named = {name: codes[name] for name in ("language", "source", "contact", "score", "attributes")}
        search = Search.from_codes(codes["search"]) if codes["search"] else None
        company = UUID(codes["company"]) if codes["company"] else None
        segment = UUID(codes["segment"]) if codes.get("segment") else None
        return cls(filters=PeopleFilters(search=search, company_id=company, segment_id=segment, **named))
