"""What lies in the middle and at the ends of numbers and moments, which are not counted value by value.

Read from the newest answers themselves: rollups would need a row for each value that anybody ever typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, bindparam, column, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from surveys.definition import Question
from surveys.figures import Filters
from surveys.models import Response, Survey
from surveys.responses import ResponseFilters, select_responses
from surveys.statistics import Estimate, mean_of

AMONG = 10_000
"""Of a survey the newest answers so many are looked at."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The values as they are stored: `12.5`, `2026-11-23`, `14:05`. A quarter of them lies below `low_quarter`.

    `mean` for numbers only. `among`: of how many of the newest answers they are, when there were more.
    """

    n: int
    least: str
    low_quarter: str
    median: str
    high_quarter: str
    most: str
    mean: Estimate | None
    among: int | None


def read_spreads(
    session: Session, survey: Survey, filters: Filters, questions: Sequence[Question]
) -> dict[str, Spread]:
    """The spread of each number and moment that somebody answered, by question id, in one statement."""
    numbers = [question.id for question in questions if question.type == "number"]
    moments = [question.id for question in questions if question.kind.value == "moment"]
    if not numbers and not moments:
        return {}
    newest = _newest(survey, filters).subquery("newest")
    values = {"numbers": numbers, "moments": moments}
    query = (
        text(_SPREADS)
        .bindparams(*(bindparam(name, ids, ARRAY(String)) for name, ids in values.items()))
        .columns(*(column(name) for name in ("id", "n", "found", "mean", "deviation", "looked_at")))
        .add_cte(select(newest.c.texts).cte("newest_texts"))
    )
    return {row.id: _spread(row) for row in session.execute(query)}


def _newest(survey: Survey, filters: Filters) -> Select[Any]:
    wanted = ResponseFilters(start=filters.start, end=filters.end, language=filters.language)
    rows = select_responses(survey, wanted).with_only_columns(Response.texts)
    return rows.order_by(Response.id.desc()).limit(AMONG)


def _spread(row: Any) -> Spread:
    n = int(row.n)
    least, low_quarter, median, high_quarter, most = (str(each) for each in row.found)
    average = None if row.mean is None else mean_of(n, float(row.mean), float(row.deviation or 0))
    looked_at = int(row.looked_at)
    among = looked_at if looked_at >= AMONG else None
    return Spread(n, least, low_quarter, median, high_quarter, most, average, among)


_SPREADS = """
SELECT id, count(*) AS n,
       (percentile_disc(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY value::numeric))::text[] AS found,
       avg(value::numeric) AS mean, stddev_samp(value::numeric) AS deviation,
       (SELECT count(*) FROM newest_texts) AS looked_at
  FROM (
    SELECT t.key AS id, t.value #>> '{}' AS value
      FROM newest_texts n CROSS JOIN LATERAL jsonb_each(n.texts) t WHERE t.key = ANY(:numbers)
  ) said GROUP BY id
UNION ALL
SELECT id, count(*), percentile_disc(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY value COLLATE "C"),
       NULL, NULL, (SELECT count(*) FROM newest_texts)
  FROM (
    SELECT t.key AS id, t.value #>> '{}' AS value
      FROM newest_texts n CROSS JOIN LATERAL jsonb_each(n.texts) t WHERE t.key = ANY(:moments)
  ) said GROUP BY id
"""
