"""How a workspace's surveys are doing now, for Home: each figure of all surveys in one statement over the counts.

Four periods end with today or with yesterday: the last 90 days and the 90 before, today included, for scores; the
last seven full days and the seven before, for what changed. Today is left out of the weeks because it is not over.
Days are those of each survey's own zone. Everything is rollups plus tail, so a million answers cost what a thousand
do, and the figures are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Row,
    String,
    Uuid,
    bindparam,
    column,
    func,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from infra import clock
from surveys.contributions import ROLLUPS, cells, tail_facts
from surveys.definition import Question, parse
from surveys.models import Response, ResponseRollup, Survey, SurveyVersion
from surveys.results import QuestionResult, summed_up

Period = Literal["now", "before", "week", "week_before"]
PERIODS: tuple[Period, ...] = ("now", "before", "week", "week_before")
KINDS = ("nps", "csat", "ces")
"""The questions that say how customers feel, in the order in which one is taken for the headline."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Finished responses of one survey in each period."""

    now: int = 0
    before: int = 0
    week: int = 0
    week_before: int = 0


@dataclass(slots=True)
class Headline:
    """The question that says how customers feel, with its results in each period."""

    question: Question
    counts: dict[Period, dict[str, int]] = field(default_factory=lambda: {period: {} for period in PERIODS})

    def result(self, period: Period) -> QuestionResult:
        """What was answered to it in the period."""
        return summed_up(self.question, self.counts[period])


def read_arrivals(session: Session) -> dict[UUID, Arrivals]:
    """How many finished, by survey; surveys without an answer in half a year are left out."""
    query = text(_ARRIVALS).bindparams(
        bindparam("now", clock.now(), DateTime(timezone=True)), bindparam("reaction", ROLLUPS, String)
    )
    found = query.columns(column("survey_id", Uuid), *(column(period, Integer) for period in PERIODS))
    return {
        row.survey_id: Arrivals(row.now, row.before, row.week, row.week_before) for row in session.execute(found)
    }


def read_headlines(session: Session, surveys: Sequence[Survey]) -> dict[UUID, Headline]:
    """The headline of each survey whose newest version asks such a question and has answers to it in 90 days."""
    asked = _asked(session, [survey.id for survey in surveys])
    found = {(survey, question.id): Headline(question) for survey, many in asked.items() for question in many}
    if not found:
        return {}
    for row in _counted(session, list(asked), [question for _, question in found]):
        headline = found.get((row.survey_id, row.question_id))
        if headline is not None:
            for period in PERIODS:
                if count := getattr(row, period):
                    headline.counts[period][row.code] = count
    return {
        survey: first
        for survey, many in asked.items()
        if (first := next((found[survey, q.id] for q in many if found[survey, q.id].counts["now"]), None))
    }


def newest_words(
    session: Session, survey_ids: Sequence[UUID], *, each: int = 2, among: int = 200
) -> Sequence[Response]:
    """Of each survey the newest answers with words, looked for among its newest `among` only; in no order."""
    worded = text(_WORDED).bindparams(
        bindparam("ids", list(survey_ids), ARRAY(Uuid)), bindparam("among", among), bindparam("each", each)
    )
    return session.scalars(select(Response).where(Response.id.in_(worded.columns(column("id", Uuid))))).all()


def ever_answered(session: Session) -> bool:
    """Whether anybody finished any survey at any time."""
    return session.scalar(select(ResponseRollup.survey_id).limit(1)) is not None or (
        session.scalar(select(Response.id).where(Response.state == "finished").limit(1)) is not None
    )


def _asked(session: Session, survey_ids: Sequence[UUID]) -> Mapping[UUID, list[Question]]:
    """The questions of the newest version of each that can be a headline."""
    query = (
        select(SurveyVersion.survey_id, SurveyVersion.document)
        .where(SurveyVersion.survey_id.in_(survey_ids))
        .ext(distinct_on(SurveyVersion.survey_id))
        .order_by(SurveyVersion.survey_id, SurveyVersion.number.desc())
    )
    found = {}
    for survey_id, document in session.execute(query):
        questions = [question for question in parse(document).questions if question.type in KINDS]
        found[survey_id] = sorted(questions, key=lambda question: KINDS.index(question.type))
    return {survey_id: found[survey_id] for survey_id in survey_ids if found.get(survey_id)}


def _counted(session: Session, survey_ids: Sequence[UUID], question_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Counts by survey, question and code, one column for each period."""
    tail, kept = cells(tail_facts(*survey_ids), "tail"), ResponseRollup.__table__
    oldest = clock.now().date() - timedelta(days=182)
    both = union_all(
        *(
            select(source.c.survey_id, source.c.question_id, source.c.code, source.c.day, source.c.count).where(
                source.c.survey_id.in_(survey_ids), source.c.question_id.in_(question_ids), source.c.day >= oldest
            )
            for source in (kept, tail)
        )
    ).subquery("both")
    today = func.date(func.timezone(Survey.zone, bindparam("now", clock.now(), DateTime(timezone=True))))
    age = today - both.c.day
    within = {
        "now": age < 90,
        "before": age.between(90, 179),
        "week": age.between(1, 7),
        "week_before": age.between(8, 14),
    }
    keys = (both.c.survey_id, both.c.question_id, both.c.code)
    sums = [func.coalesce(func.sum(both.c.count).filter(within[name]), 0).label(name) for name in PERIODS]
    query = select(*keys, *sums).join_from(both, Survey, Survey.id == both.c.survey_id).where(age < 180)
    return session.execute(query.group_by(*keys)).all()


_ARRIVALS = """
SELECT counted.survey_id,
       coalesce(sum(n) FILTER (WHERE age < 90), 0)::int AS now,
       coalesce(sum(n) FILTER (WHERE age BETWEEN 90 AND 179), 0)::int AS before,
       coalesce(sum(n) FILTER (WHERE age BETWEEN 1 AND 7), 0)::int AS week,
       coalesce(sum(n) FILTER (WHERE age BETWEEN 8 AND 14), 0)::int AS week_before
  FROM (
    SELECT r.survey_id, r.count AS n, (:now AT TIME ZONE s.zone)::date - r.day AS age
      FROM response_rollups r JOIN surveys s ON s.id = r.survey_id
     WHERE r.question_id = '' AND r.code = '' AND r.day > (:now)::date - 182
    UNION ALL
    SELECT s.id, tail.n, (:now AT TIME ZONE s.zone)::date - (r.finished_at AT TIME ZONE s.zone)::date
      FROM (
        SELECT subject_id, CASE kind WHEN 'surveys.response_finished' THEN 1 ELSE -1 END AS n FROM (
          SELECT subject_id, kind, data FROM events
           WHERE dispatched_at IS NULL AND kind IN ('surveys.response_finished', 'surveys.response_screened')
          UNION ALL
          SELECT e.subject_id, e.kind, e.data FROM event_deliveries d JOIN events e ON e.id = d.event_id
           WHERE d.reaction = :reaction AND e.kind IN ('surveys.response_finished', 'surveys.response_screened')
        ) late WHERE kind = 'surveys.response_finished' OR data ? 'previous'
      ) tail JOIN responses r ON r.id = tail.subject_id JOIN surveys s ON s.id = r.survey_id
  ) counted
 WHERE age < 180
 GROUP BY counted.survey_id
"""

_WORDED = """
SELECT worded.id
  FROM unnest(:ids) AS chosen(survey_id)
 CROSS JOIN LATERAL (
    SELECT recent.id
      FROM (SELECT r.id, r.texts FROM responses r
             WHERE r.survey_id = chosen.survey_id AND r.state = 'finished' ORDER BY r.id DESC LIMIT :among) recent
     WHERE recent.texts <> '{}' ORDER BY recent.id DESC LIMIT :each
  ) worded
"""

__all__ = [
    "PERIODS",
    "Arrivals",
    "Headline",
    "Period",
    "ever_answered",
    "newest_words",
    "read_arrivals",
    "read_headlines",
]
