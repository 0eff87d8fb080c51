"""Who might be the same: found by blind tokens, one by one on a customer's page and for all of them by long work.

The work groups tokens in PARTS turns, so that a register of a million is never held at once; a token that more than
MOST people share (an office's number) says nothing. Pairs that somebody said are not the same stay away.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, cast, delete, exists, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session, aliased

from customers import tokens
from customers.decision_events import DuplicateDismissed
from customers.models import Duplicate, Identity, Person
from infra import clock, long_jobs
from infra.events import record
from infra.i18n import N_
from infra.long_jobs import LongJob, Work
from infra.pages import CursorInvalid, Page
from tenants import audit
from tenants.permissions import Actor

PARTS = 16
MOST = 20
CHUNK = 2_000
ROUNDS = 20
"""Pages of pairs that are read for one that is shown."""
TELLING = tuple(kind.decode() for kind in (tokens.EMAIL, tokens.NAME, tokens.PHONE))


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who might be the same, and why (codes of `tokens.WORDS`)."""

    person: Person
    why: tuple[str, ...]
    weight: int


def why(one: Identity, other: Identity) -> tuple[str, ...]:
    """What the two have in common, strongest first."""
    shared = {token[:1].decode() for token in set(one.tokens or ()) & set(other.tokens or ())}
    if one.email_index is not None and one.email_index == other.email_index:
        shared = (shared - {"e"}) | {"email"}
    if one.phone_index is not None and one.phone_index == other.phone_index:
        shared = (shared - {"p"}) | {"phone"}
    if "n" in shared:
        shared -= {"s"}
    return tuple(sorted(shared, key=lambda code: -tokens.WEIGHTS[code]))


def likely(session: Session, person: Person, *, limit: int = 5) -> list[Likely]:
    """Who might be the same as somebody, likeliest first; reads the index of the tokens."""
    mine = person.identity.tokens or []
    if not mine:
        return []
    shares = Identity.tokens.overlap(cast([each for each in mine if each[:1] != tokens.SOUND], ARRAY(LargeBinary)))
    query = (
        select(Person).join(Identity, Identity.id == Person.id).where(shares, Person.id != person.id, *_living())
    )
    found = session.scalars(query.limit(MOST + 1)).all()
    away = told_apart(session, person.id)
    likely = [_likely(person, other) for other in found if other.id not in away]
    return sorted((each for each in likely if each.weight >= tokens.LIKELY), key=lambda each: -each.weight)[:limit]


def list_pairs(session: Session, *, after: str | None = None, limit: int = 25) -> Page[tuple[Person, Likely]]:
    """The likeliest pairs first. Who has changed since and has nothing in common any more is passed over, however
    many they are up to ROUNDS pages. Raises CursorInvalid.
    """
    found: list[tuple[Duplicate, tuple[Person, Likely]]] = []
    place, more = _place(after), True
    for _ in range(ROUNDS):
        rows = _rows(session, place, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        found += _pairs(session, rows)
        if not more or len(found) >= limit:
            break
        place = _of(rows[-1])
    if len(found) > limit:
        more, found = True, found[:limit]
    last = found[-1][0] if len(found) == limit else rows[-1] if rows else None
    cursor = f"{last.weight}.{last.one_id.hex}.{last.other_id.hex}" if more and last is not None else None
    return Page([pair for _, pair in found], cursor)


def _rows(session: Session, place: tuple[int, UUID, UUID] | None, limit: int) -> Sequence[Duplicate]:
    query = select(Duplicate).where(Duplicate.dismissed_at.is_(None))
    order = (Duplicate.weight, Duplicate.one_id, Duplicate.other_id)
    if place is not None:
        query = query.where(tuple_(*order) < tuple_(*(literal(each) for each in place)))
    return session.scalars(query.order_by(*(each.desc() for each in order)).limit(limit)).all()


def _pairs(session: Session, rows: Sequence[Duplicate]) -> list[tuple[Duplicate, tuple[Person, Likely]]]:
    """Those of whom both are there and still have enough in common."""
    ids = {each for row in rows for each in (row.one_id, row.other_id)}
    people = {each.id: each for each in session.scalars(select(Person).where(Person.id.in_(ids), *_living()))}
    both = [
        (row, people[row.one_id], people[row.other_id])
        for row in rows
        if {row.one_id, row.other_id} <= people.keys()
    ]
    pairs = [(row, (one, _likely(one, other))) for row, one, other in both]
    return [each for each in pairs if each[1][1].weight >= tokens.LIKELY]


def _of(row: Duplicate) -> tuple[int, UUID, UUID]:
    return row.weight, row.one_id, row.other_id


def _place(cursor: str | None) -> tuple[int, UUID, UUID] | None:
    """Behind which pair a page begins."""
    if not cursor:
        return None
    found = re.fullmatch(r"(\d{1,6})\.([0-9a-f]{32})\.([0-9a-f]{32})", cursor, re.ASCII)
    if found is None:
        raise CursorInvalid()
    return int(found[1]), UUID(found[2]), UUID(found[3])


def count_pairs(session: Session) -> int:
    """How many pairs wait."""
    return session.scalar(select(func.count()).select_from(Duplicate).where(Duplicate.dismissed_at.is_(None))) or 0


def dismiss(session: Session, one_id: UUID, other_id: UUID, *, by: Actor) -> None:
    """Notes that the two are not the same; they are not offered again. Twice does it once."""
    first, second = sorted((one_id, other_id))
    if tell_apart(session, first, second, by=by):
        record(session, DuplicateDismissed(subject=first, other=second, about="person"))
        audit.record(session, "duplicate.dismissed", by=by, subject=first, other=second)


def tell_apart(session: Session, one_id: UUID, other_id: UUID, *, by: Actor) -> bool:
    """Notes that two people, or two companies, are not the same; whether nobody had said so before."""
    first, second = sorted((one_id, other_id))
    noted = {"dismissed_at": clock.now(), "dismissed_by": by.id}
    values: dict[str, Any] = {
        "one_id": first,
        "other_id": second,
        "reasons": [],
        "weight": 0,
        "found_at": clock.now(),
        **noted,
    }
    adding = insert(Duplicate).values(values)
    untold = adding.on_conflict_do_update(
        index_elements=[Duplicate.one_id, Duplicate.other_id], set_=noted, where=Duplicate.dismissed_at.is_(None)
    )
    return session.execute(untold.returning(Duplicate.one_id)).first() is not None


def told_apart(session: Session, one_id: UUID) -> set[UUID]:
    """Of whom or what somebody said that they are not the same as this one."""
    about = or_(Duplicate.one_id == one_id, Duplicate.other_id == one_id)
    rows: Sequence[Any] = session.execute(
        select(Duplicate.one_id, Duplicate.other_id).where(about, Duplicate.dismissed_at.is_not(None))
    ).all()
    return {each for row in rows for each in row} - {one_id}


def start(session: Session, *, by: Actor, key: str) -> LongJob:
    """Begins to look for likely pairs among everybody."""
    return long_jobs.start(session, collect, by=by, key=key, total=PARTS)


@long_jobs.kind("customers.duplicates", title=N_("Search for duplicates"), permission="customers.merge")
def collect(work: Work) -> None:
    """Collects likely pairs; running again adds what is new."""
    fill(work)
    for part in range(PARTS):
        with work.session() as session:
            groups = session.execute(_groups(part)).all()
        pairs = [(pair, row.kind) for row in groups for pair in combinations(sorted(row.people), 2)]
        for begin in range(0, len(pairs), CHUNK):
            with work.session() as session:
                session.execute(_noted(), [_pair(*each) for each in pairs[begin : begin + CHUNK]])
        work.advance(part + 1)
    with work.session() as session:
        session.execute(_stale())


def _stale() -> Any:
    """Takes away pairs who have changed since and share no token any more."""
    one, other = aliased(Identity), aliased(Identity)
    share = exists().where(
        one.id == Duplicate.one_id, other.id == Duplicate.other_id, one.tokens.overlap(other.tokens)
    )
    gone = delete(Duplicate).where(Duplicate.dismissed_at.is_(None), ~share)
    return gone.execution_options(synchronize_session=False)


def fill(work: Work) -> None:
    """Tokens of those whose identity was written before there were any."""
    keys = work.services.keys.for_tenant(work.tenant)
    after = UUID(int=0)
    while True:
        with work.session() as session:
            query = (
                select(Identity).join(Person, Person.id == Identity.id).where(Identity.tokens.is_(None), *_living())
            )
            some = or_(Identity.name.is_not(None), Identity.email.is_not(None), Identity.phone.is_not(None))
            rows = session.scalars(query.where(some, Identity.id > after).order_by(Identity.id).limit(500)).all()
            for row in rows:
                row.tokens = tokens.of(keys, row.name, row.email, row.phone)
        if not rows:
            return
        after = rows[-1].id
        work.advance(0)


def _groups(part: int) -> Any:
    """Tokens of one part that a few people share, with those people."""
    people = select(Identity.id, func.unnest(Identity.tokens).label("token"))
    each = people.join(Person, Person.id == Identity.id).where(*_living()).subquery()
    kind = func.chr(func.get_byte(each.c.token, 0))
    mine = func.mod(func.get_byte(each.c.token, 1), PARTS) == part
    query = select(kind.label("kind"), func.array_agg(each.c.id).label("people")).where(mine, kind.in_(TELLING))
    return query.group_by(each.c.token).having(func.count().between(2, MOST))


def _pair(pair: tuple[UUID, UUID], kind: str) -> Mapping[str, Any]:
    weight = tokens.WEIGHTS[kind]
    return {"one_id": pair[0], "other_id": pair[1], "reasons": [kind], "weight": weight, "found_at": clock.now()}


def _noted() -> Any:
    """One more reason for a pair; one that is known adds nothing."""
    adding = insert(Duplicate)
    new = adding.excluded
    return adding.on_conflict_do_update(
        index_elements=[Duplicate.one_id, Duplicate.other_id],
        set_={"reasons": Duplicate.reasons.op("||")(new.reasons), "weight": Duplicate.weight + new.weight},
        where=~Duplicate.reasons.contains(new.reasons),
    )


def _likely(person: Person, other: Person) -> Likely:
    reasons = why(person.identity, other.identity)
    return Likely(other, reasons, sum(tokens.WEIGHTS[code] for code in reasons))


def _living() -> tuple[Any, ...]:
    return Person.merged_into.is_(None), Person.erased_at.is_(None)
