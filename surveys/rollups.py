"""Keeping the counts behind every chart: in batches after the fact, so that no answer waits for a hot row.

The figures are rollups plus tail, both seen in one snapshot (`surveys.results`), so they are exact at any moment.
Registered in the worker: `ResponseFinished`, `ResponseCorrected` and `ResponseScreened` → `count_responses`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import CTE, Select, delete, func, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.events import RecordedEvent
from surveys.contributions import cells, facts_of_survey, given_facts, tail_facts
from surveys.errors import SurveyInvalid
from surveys.events import ResponseScreened
from surveys.models import ResponseRollup, Survey
from surveys.wording import N_, Sentence

KEYS = ("survey_id", "version_id", "question_id", "code", "day", "language")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A cell whose figure differs from a recount."""

    question_id: str
    code: str
    figure: int
    recount: int


def count_responses(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The reaction: adds what responses that came to an end say to the rollups, one upsert for the batch.

    The surveys are share-locked, so that a rebuild or a deletion comes wholly before or after the batch.
    """
    facts = [fact for event in events for fact in _facts_of(event)]
    ids, revisions, signs, screened = ([fact[part] for fact in facts] for part in range(4))
    surveys = {UUID(event.data["survey"]) for event in events}
    lock = select(Survey.id).where(Survey.id.in_(surveys)).order_by(Survey.id)
    session.execute(lock.with_for_update(read=True))
    _add(session, cells(given_facts(ids, revisions, signs, screened), "cells"))


def rebuild(session: Session, survey: Survey, *, zone: str | None = None) -> None:
    """Counts a survey's rollups anew, with the days of another time zone if one is given.

    Holds the survey's lock, so that its dispatch and its editing wait: about a minute for a million responses. What
    is still in the tail is left to its reaction. Raises SurveyInvalid for an unknown zone.
    """
    session.refresh(survey, with_for_update=True)
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise SurveyInvalid(problems={"zone": [Sentence(N_("This is not a time zone."))]}) from problem
        survey.zone = zone
        session.flush()
    session.execute(delete(ResponseRollup).where(ResponseRollup.survey_id == survey.id))
    everything = cells(facts_of_survey(survey.id), "everything")
    not_yet = cells(tail_facts(survey.id, sign=-1), "not_yet")
    _add(session, union_all(select(everything), select(not_yet)).cte("cells"))


def verify(session: Session, survey: Survey) -> list[Discrepancy]:
    """Where rollups plus tail differ from a recount of every response; empty when all is exact. One snapshot."""
    recount = cells(facts_of_survey(survey.id), "recount")
    tail = cells(tail_facts(survey.id), "tail")
    columns = [ResponseRollup.__table__.c[name] for name in (*KEYS, "count")]
    kept = select(*columns).where(ResponseRollup.survey_id == survey.id)
    figures = union_all(kept, select(tail)).subquery("figures")
    shown = _summed(figures).subquery("shown")
    true = _summed(recount).subquery("truth")
    same = [shown.c[name] == true.c[name] for name in KEYS]
    figure, counted = func.coalesce(shown.c.count, 0), func.coalesce(true.c.count, 0)
    rows = session.execute(
        select(
            func.coalesce(shown.c.question_id, true.c.question_id),
            func.coalesce(shown.c.code, true.c.code),
            figure,
            counted,
        )
        .select_from(shown.join(true, same[0] & same[1] & same[2] & same[3] & same[4] & same[5], full=True))
        .where(figure != counted)
    )
    return [Discrepancy(*row) for row in rows]


def _facts_of(event: RecordedEvent) -> Iterator[tuple[Any, ...]]:
    """Response, revision, sign, whether screened: an event adds its revision and takes back what was before it."""
    yield event.subject, event.data["revision"], 1, event.kind == ResponseScreened.kind
    if "previous" in event.data:
        yield event.subject, event.data["previous"], -1, False
    if "unscreened" in event.data:
        yield event.subject, event.data["unscreened"], -1, True


def _summed(source: Any) -> Select[Any]:
    keys = [source.c[name] for name in KEYS]
    return select(*keys, func.sum(source.c.count).label("count")).group_by(*keys)


def _add(session: Session, source: CTE) -> None:
    """Upserts the cells, added up and in the order of the key, so that two batches never wait in a circle."""
    summed = _summed(source).having(func.sum(source.c.count) != 0).order_by(*(source.c[name] for name in KEYS))
    adding = insert(ResponseRollup).from_select([*KEYS, "count"], summed)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=list(KEYS), set_={"count": ResponseRollup.count + adding.excluded.count}
        )
    )
