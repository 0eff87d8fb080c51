"""Whose answers are whose. Many came by somebody's own link, and the scores on people are those of their answers.

Who answered is drawn anew at each run and comes out the same. Nobody answers in another language than theirs,
before they came, or the same survey twice within a season. What was answered while a round of invitations ran came
of it.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SmallInteger, Uuid, column, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.orm import Session

from customers.models import Person
from surveys.intake import Submission
from surveys.models import Response
from web.demo.invited import Round
from web.demo.plan import SEED

RATES: Mapping[str, float] = {"recommend": 0.87, "ordering": 0.82, "cafe-visit": 0.3}
"""How many answers to a survey are known to be somebody's; all others are nobody's."""
ANSWERING = 5, 4
"""Of five customers four take part in surveys now and then."""
SEASON = timedelta(days=120)
TRIES = 8


@dataclass(slots=True)
class Voices:
    """Those who take part, by language in the order in which they came, and when each answered what last."""

    crowd: Sequence[Mapping[str, Any]]
    rounds: Sequence[Round]
    _since: dict[str, list[datetime]] = field(default_factory=dict)
    _there: dict[str, list[UUID]] = field(default_factory=dict)
    _last: dict[tuple[str, UUID], datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of, some = ANSWERING
        away = {one.person for each in self.rounds for one in each.asked if one.mail in ("hard", "soft")}
        for index, row in enumerate(self.crowd):
            if index % of < some and row["id"] not in away:
                self._since.setdefault(row["language"], []).append(row["created_at"])
                self._there.setdefault(row["language"], []).append(row["id"])

    def choose(self, address: str, submissions: Sequence[Submission]) -> dict[UUID, UUID]:
        """Whose each of these is, by the key of the submission, in order of time; nobody's are left out."""
        rounds = [each for each in self.rounds if each.survey == address]
        found: dict[UUID, UUID] = {}
        for sent in submissions:
            chance = Random(f"{SEED} whose {sent.key}")
            if sent.finished and sent.at and sent.started_at and chance.random() < RATES.get(address, 0):
                running = next((each for each in rounds if each.begin <= sent.started_at < each.end), None)
                people = (
                    running.reached(sent.language, sent.started_at)
                    if running
                    else self._known(sent.language, sent.started_at)
                )
                person = self._draw(chance, address, people, sent.at)
                found |= {sent.key: person} if person is not None else {}
        return found

    def _known(self, language: str, moment: datetime) -> Sequence[UUID]:
        count = bisect(self._since.get(language, []), moment)
        return self._there.get(language, [])[:count]

    def _draw(self, chance: Random, address: str, people: Sequence[UUID], at: datetime) -> UUID | None:
        """One of them who has not answered lately; None when some tries find nobody."""
        for person in chance.choices(people, k=TRIES) if people else ():
            last = self._last.get((address, person))
            if last is None or at - last > SEASON:
                self._last[address, person] = at
                return person
        return None


def attach(session: Session, whose: Mapping[UUID, UUID]) -> None:
    """Notes who gave these answers, in the transaction that stores them."""
    if not whose:
        return
    pairs = [{"key": str(key), "person": str(person)} for key, person in whose.items()]
    told = func.jsonb_to_recordset(literal(pairs, JSONB))
    given = told.table_valued(column("key", Uuid), column("person", Uuid)).render_derived(with_types=True)
    session.execute(
        update(Response)
        .where(Response.submission_key == given.c.key, Response.person_id.is_(None))
        .values(person_id=given.c.person)
        .execution_options(synchronize_session=False)
    )


def note_scores(session: Session) -> None:
    """Everybody's last scores, read from what they answered."""
    scores = (Response.nps, Response.csat, Response.ces)
    last = (
        select(
            Response.person_id,
            *(_last(score).label(score.key) for score in scores),
            func.max(Response.finished_at).label("at"),
        )
        .where(Response.person_id.is_not(None), Response.finished_at.is_not(None))
        .where(or_(*(score.is_not(None) for score in scores)))
        .group_by(Response.person_id)
        .subquery()
    )
    session.execute(
        update(Person)
        .where(Person.id == last.c.person_id)
        .values(nps=last.c.nps, csat=last.c.csat, ces=last.c.ces, scored_at=last.c.at)
        .execution_options(synchronize_session=False)
    )


def _last(score: Any) -> ColumnElement[Any]:
    given = func.array_agg(aggregate_order_by(score, Response.finished_at.desc()), type_=ARRAY(SmallInteger))
    return given.filter(score.is_not(None))[1]
