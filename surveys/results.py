"""What the answers say: counts, shares and scores with their intervals, and how they move, in one snapshot.

Everything comes from counts, so a page over a million responses costs what a page over a thousand does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import statistics
from surveys.definition import CHOICES, SCORES, Definition, Question, Text, parse
from surveys.figures import RESPONSES, SCREENED, Counts, Filters, read_figures
from surveys.models import Survey, SurveyVersion
from surveys.spreads import Spread, read_spreads
from surveys.statistics import Camps, Difference, Estimate

TRENDING = frozenset({"nps", "csat", "ces", "rating", "slider"})
MOST_BARS = 11
"""Points of a scale that are shown one by one; longer scales are shown in ten ranges."""
MANY_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Bar:
    """One code of a question: how many chose it, and their share of those who answered, in percent."""

    code: str
    text: Text
    count: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class Point:
    """A score in one week or month. `start` is the first day of the whole period, also when a filter cuts it.

    `change`: against the point before, for NPS only.
    """

    start: date
    score: Estimate
    change: Difference | None = None


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What was answered to one question. `score` is the NPS, the CSAT share in percent, or the mean."""

    question: Question
    answered: int
    bars: tuple[Bar, ...]
    score: Estimate | None
    camps: Camps | None
    weeks: tuple[Point, ...]
    months: tuple[Point, ...]
    asked_now: bool
    """False when the newest version no longer asks it."""
    parts: tuple["QuestionResult", ...] = ()
    """Of a table its rows, of a ranking or sum its options: each a result of its own, without trends."""
    spread: Spread | None = None
    """Of a number or a moment, what lies in the middle and at the ends."""


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a survey. `responses` is the number of finished responses that the filters leave, `screened`
    how many came to an end and do not count."""

    survey_id: UUID
    zone: str
    filters: Filters
    responses: int
    screened: int
    by_week: tuple[tuple[date, int], ...]
    by_month: tuple[tuple[date, int], ...]
    questions: tuple[QuestionResult, ...]

    def headline(self, kind: Literal["nps", "csat", "ces"]) -> QuestionResult | None:
        """The first question of that type that the newest version asks; else one that was asked before."""
        found = [result for result in self.questions if result.question.type == kind]
        return next((result for result in found if result.asked_now), found[0] if found else None)


def read(session: Session, survey: Survey, filters: Filters | None = None) -> Results:
    """The results over all versions of the survey: rollups and tail in one snapshot, exact at that moment.

    `filters` days are in `survey.zone`.
    """
    chosen = filters or Filters()
    definitions = _definitions(session, survey)
    questions = list(_questions(definitions))
    trending = [question.id for question, _ in questions if question.type in TRENDING]
    figures = read_figures(session, survey.id, chosen, trending)
    spreads = read_spreads(session, survey, chosen, [question for question, _ in questions])
    return Results(
        survey_id=survey.id,
        zone=survey.zone,
        filters=chosen,
        responses=_responses(figures.total),
        screened=figures.total.get(RESPONSES, {}).get(SCREENED, 0),
        by_week=tuple((start, _responses(counts)) for start, counts in sorted(figures.weeks.items())),
        by_month=tuple((start, _responses(counts)) for start, counts in sorted(figures.months.items())),
        questions=tuple(
            replace(
                _result(question, now, figures.total, figures.weeks, figures.months),
                spread=spreads.get(question.id),
            )
            for question, now in questions
        ),
    )


def score_of(question: Question, counts: Mapping[str, int]) -> Estimate | None:
    """The score of a question from counts by code; None where it has none."""
    if question.type not in SCORES:
        return None
    points = {int(code): count for code, count in counts.items() if code}
    if question.type == "nps":
        return statistics.nps(statistics.camps(points))
    if question.type == "csat":
        return statistics.csat(points)
    return statistics.mean(points, question.scale[0], question.scale[-1])


def summed_up(question: Question, counts: Mapping[str, int]) -> QuestionResult:
    """The result of a question that is asked now, from its counts by code; without trends."""
    return _result(question, True, {question.id: dict(counts)}, {}, {})


def _definitions(session: Session, survey: Survey) -> list[Definition]:
    """The newest versions, newest first; the draft of a survey that has none."""
    query = select(SurveyVersion.document).where(SurveyVersion.survey_id == survey.id)
    documents = session.scalars(query.order_by(SurveyVersion.number.desc()).limit(MANY_VERSIONS)).all()
    return [parse(document) for document in documents or [survey.draft]]


def _questions(definitions: Sequence[Definition]) -> Iterator[tuple[Question, bool]]:
    """Every question that asks something, in its newest wording, and whether the newest version asks it."""
    seen: set[str] = set()
    for number, definition in enumerate(definitions):
        for question in definition.questions:
            if question.type != "statement" and question.id not in seen:
                seen.add(question.id)
                yield _with_all_options(question, definitions[number + 1 :]), number == 0


def _with_all_options(question: Question, older: Sequence[Definition]) -> Question:
    """The question with options and rows that only older versions offered, at the end."""
    if question.type not in CHOICES and not question.rows:
        return question
    options = {option.code: option for option in question.options}
    rows = {row.code: row for row in question.rows}
    other = question.other
    for definition in older:
        for before in definition.questions:
            if before.id == question.id:
                other = before.other if other is None else other
                for option in before.options:
                    options.setdefault(option.code, option)
                for row in before.rows:
                    rows.setdefault(row.code, row)
    return replace(question, options=tuple(options.values()), rows=tuple(rows.values()), other=other)


def _result(
    question: Question,
    now: bool,
    total: Counts,
    weeks: Mapping[date, Counts],
    months: Mapping[date, Counts],
) -> QuestionResult:
    counts = total.get(question.id, {})
    answered = _answered(question, counts)
    parts = question.kind.parts(question)
    return QuestionResult(
        question=question,
        answered=answered,
        bars=() if parts else _bars(question, counts, answered),
        score=score_of(question, counts),
        camps=_camps(counts) if question.type == "nps" else None,
        weeks=_trend(question, weeks),
        months=_trend(question, months),
        asked_now=now,
        parts=tuple(_result(part, now, total, {}, {}) for part in parts),
    )


def _bars(question: Question, counts: Mapping[str, int], answered: int) -> tuple[Bar, ...]:
    """How often each code was chosen; of a long scale, each of ten ranges of its points."""
    texts = {option.code: option.text for option in question.options}
    if question.other is not None:
        texts["other"] = question.other
    groups = _ranges(question) or [(code, (code,)) for code in question.codes]
    found = []
    for name, codes in groups:
        count = sum(counts.get(code, 0) for code in codes)
        found.append(Bar(name, texts.get(name, {}), count, statistics.share(count, answered)))
    return tuple(found)


def _ranges(question: Question) -> list[tuple[str, Sequence[str]]]:
    """The points of a long scale in ten ranges of nearly the same length; nothing for a short one."""
    points = question.scale
    if len(points) <= MOST_BARS:
        return []
    cuts = [round(number * len(points) / 10) for number in range(11)]
    pieces = [points[first:last] for first, last in pairwise(cuts)]
    return [(f"{piece[0]}–{piece[-1]}", [str(point) for point in piece]) for piece in pieces]


def _answered(question: Question, counts: Mapping[str, int]) -> int:
    """How many answered: several options and texts have their own count, else the codes add up."""
    kind = question.kind
    if kind.stored == "texts" or kind.value in ("codes", "rows"):
        return counts.get("", 0)
    return sum(counts.values())


def _camps(counts: Mapping[str, int]) -> Camps:
    return statistics.camps({int(code): count for code, count in counts.items() if code})


def _trend(question: Question, periods: Mapping[date, Counts]) -> tuple[Point, ...]:
    """The score in each period that has answers, in order."""
    points: list[Point] = []
    before: Camps | None = None
    for start, counts in sorted(periods.items()):
        mine = counts.get(question.id)
        score = score_of(question, mine) if mine else None
        if mine is None or score is None or score.n == 0:
            continue
        change = None
        if question.type == "nps":
            camps = _camps(mine)
            change = statistics.nps_difference(before, camps) if before is not None else None
            before = camps
        points.append(Point(start, score, change))
    return tuple(points)


def _responses(counts: Counts) -> int:
    return counts.get(RESPONSES, {}).get("", 0)


__all__ = ["Bar", "Filters", "Point", "QuestionResult", "Results", "read", "score_of", "summed_up"]
