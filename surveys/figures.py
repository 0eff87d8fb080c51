"""Reading the counts: rollups plus tail, added up in one statement and therefore in one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from surveys.contributions import ROLLUPS, cells, tail_facts
from surveys.models import ResponseRollup

WEEK: ColumnElement[str] = literal_column("'week'")
MONTH: ColumnElement[str] = literal_column("'month'")
RESPONSES = ""
"""The question id under which whole responses are counted: code '' for those that count."""
SCREENED = "screened"
"""The code of those that do not."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which finished responses count: days in the survey's zone, both included, and the language of the answer."""

    start: date | None = None
    end: date | None = None
    language: str | None = None


Counts = dict[str, dict[str, int]]
"""Question id to code to how many."""


@dataclass(slots=True)
class Figures:
    """Counts over the whole period, and for the trending questions by the Monday of each ISO week and by month."""

    total: Counts = field(default_factory=dict)
    weeks: dict[date, Counts] = field(default_factory=dict)
    months: dict[date, Counts] = field(default_factory=dict)


def read_figures(session: Session, survey_id: UUID, filters: Filters, trending: Sequence[str] = ()) -> Figures:
    """The counts of a survey; trends only for the named questions and the number of responses."""
    found = Figures()
    for question_id, code, week, month, count in session.execute(_query(survey_id, filters, trending)):
        if week is not None:
            _at(found.weeks, week, question_id)[code] = count
        elif month is not None:
            _at(found.months, month, question_id)[code] = count
        else:
            found.total.setdefault(question_id, {})[code] = count
    return found


def count_finished(session: Session, survey_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many finished responses each survey has, exactly, in one statement."""
    query = text(_COUNTS).bindparams(
        bindparam("survey_ids", list(survey_ids), ARRAY(Uuid)), bindparam("reaction", ROLLUPS, String)
    )
    found = {
        row.survey_id: int(row.n) for row in session.execute(query.columns(column("survey_id", Uuid), column("n")))
    }
    return {survey_id: found.get(survey_id, 0) for survey_id in survey_ids}


_COUNTS = """
SELECT counted.survey_id, sum(counted.n) AS n FROM (
  SELECT survey_id, count AS n FROM response_rollups
   WHERE survey_id = ANY(:survey_ids) AND question_id = '' AND code = ''
  UNION ALL
  SELECT (tail.data->>'survey')::uuid, CASE tail.kind WHEN 'surveys.response_finished' THEN 1 ELSE -1 END FROM (
    SELECT kind, data FROM events
     WHERE dispatched_at IS NULL AND kind IN ('surveys.response_finished', 'surveys.response_screened')
    UNION ALL
    SELECT e.kind, e.data FROM event_deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.reaction = :reaction AND e.kind IN ('surveys.response_finished', 'surveys.response_screened')
  ) tail WHERE tail.kind = 'surveys.response_finished' OR tail.data ? 'previous'
) counted GROUP BY counted.survey_id
"""


def _at(periods: dict[date, Counts], start: date, question_id: str) -> dict[str, int]:
    return periods.setdefault(start, {}).setdefault(question_id, {})


def _query(survey_id: UUID, filters: Filters, trending: Sequence[str]) -> Select[Any]:
    tail = cells(tail_facts(survey_id), "tail")
    kept = ResponseRollup.__table__
    sources = [
        select(source.c.question_id, source.c.code, source.c.day, source.c.count).where(
            *_conditions(source, filters), source.c.survey_id == survey_id
        )
        for source in (kept, tail)
    ]
    both = union_all(*sources).subquery("both")
    trends = both.c.question_id.in_([RESPONSES, *trending])
    buckets = select(
        both.c.question_id,
        both.c.code,
        both.c.count,
        case((trends, _start_of(WEEK, both.c.day))).label("week"),
        case((trends, _start_of(MONTH, both.c.day))).label("month"),
    ).subquery("buckets")
    b = buckets.c
    whole = func.grouping(b.week, b.month) == 3
    return (
        select(b.question_id, b.code, b.week, b.month, func.sum(b.count))
        .group_by(
            func.grouping_sets(
                tuple_(b.question_id, b.code),
                tuple_(b.question_id, b.code, b.week),
                tuple_(b.question_id, b.code, b.month),
            )
        )
        .having(func.sum(b.count) != 0, whole | func.coalesce(b.week, b.month).is_not(None))
    )


def _start_of(period: Any, day: Any) -> Any:
    return cast(func.date_trunc(period, day), Date)


def _conditions(source: Any, filters: Filters) -> list[Any]:
    found = []
    if filters.start is not None:
        found.append(source.c.day >= filters.start)
    if filters.end is not None:
        found.append(source.c.day <= filters.end)
    if filters.language is not None:
        found.append(source.c.language == filters.language)
    return found
