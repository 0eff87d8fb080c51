"""Keeping the counts behind every chart: in batches after the fact, so that no answer waits for a hot row.

The figures are rollups plus tail, both seen in one snapshot (`surveys.results`), so they are exact at any moment.
Registered in the worker: `ResponseFinished` and `ResponseCorrected` → `count_responses`.
"""

from collections.abc import Sequence
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
    """The reaction: adds what finished and corrected responses say to the rollups, one upsert for the batch.

    The surveys are share-locked, so that a rebuild or a deletion comes wholly before or after the batch.
    """
    ids, revisions, signs = _facts_of(events)
    surveys = {UUID(event.data["survey"]) for event in events}
    lock = select(Survey.id).where(Survey.id.in_(surveys)).order_by(Survey.id)
    session.execute(lock.with_for_update(read=True))
    _add(session, cells(given_facts(ids, revisions, signs), "cells"))


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


def _facts_of(events: Sequence[RecordedEvent]) -> tuple[list[UUID], list[int], list[int]]:
    """Each event adds its revision; a correction takes the previous one back."""
    ids: list[UUID] = []
    revisions: list[int] = []
    signs: list[int] = []
    for event in events:
        ids.append(event.subject)
        revisions.append(event.data["revision"])
        signs.append(1)
        if "previous" in event.data:
            ids.append(event.subject)
            revisions.append(event.data["previous"])
            signs.append(-1)
    return ids, revisions, signs


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
