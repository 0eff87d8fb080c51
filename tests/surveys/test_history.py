"""Answers given before: many at once, each with its own time, and every figure exact at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.events.models import Event
from infra.ids import unordered_id
from surveys import history, intake, publishing, results, rollups
from surveys.errors import AnswersInvalid
from surveys.intake import Submission, Target
from surveys.models import Response, Survey
from surveys.publishing import Live

BEGIN = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)


def past(score: int, hours: int = 0, *, finished: bool = True, key: UUID | None = None) -> Submission:
    at = BEGIN + timedelta(hours=hours)
    answers = {"q_score": score, "q_whyy": "Too late."} if score <= 6 else {"q_score": score}
    return Submission(key or unordered_id(), 1, "de", answers, finished=finished, source="import", at=at)


def test_each_keeps_its_own_time_and_stands_in_its_order(session: Session, live: Live) -> None:
    assert history.record_many(session, Target.of(live), [past(9, 5), past(3, 1), past(8, 3, finished=False)]) == 3

    found = session.scalars(select(Response).order_by(Response.id)).all()
    assert [row.nps for row in found] == [3, 8, 9]
    assert [row.finished_at for row in found] == [BEGIN + timedelta(hours=1), None, BEGIN + timedelta(hours=5)]
    assert found[0].texts == {"q_whyy": "Too late."}


def test_the_figures_are_exact_at_once_in_the_surveys_own_days(
    session: Session, survey: Survey, live: Live
) -> None:
    history.record_many(session, Target.of(live), [past(10), past(9, 1), past(0, 2), past(9, 3, finished=False)])

    shown = results.read(session, survey)
    assert shown.responses == 3
    assert [(str(start), count) for start, count in shown.by_month] == [("2026-01-01", 1), ("2026-02-01", 2)]
    assert rollups.verify(session, survey) == []
    assert _waiting(session) == 0


def test_what_is_sent_again_counts_once(session: Session, survey: Survey, live: Live) -> None:
    first = [past(10), past(9)]
    assert history.record_many(session, Target.of(live), first) == 2
    assert history.record_many(session, Target.of(live), [*first, past(1)]) == 1
    assert history.record_many(session, Target.of(live), first) == 0

    assert results.read(session, survey).responses == 3
    assert rollups.verify(session, survey) == []


def test_one_bad_answer_stores_nothing(session: Session, live: Live) -> None:
    bad = replace(past(9), answers={"q_score": 11})
    with pytest.raises(AnswersInvalid):
        history.record_many(session, Target.of(live), [past(9), bad])
    assert session.scalar(select(func.count()).select_from(Response)) == 0


def test_nothing_to_store_is_fine(session: Session, live: Live) -> None:
    assert history.record_many(session, Target.of(live), []) == 0


def test_a_withdrawn_survey_takes_its_past(session: Session, survey: Survey, live: Live) -> None:
    publishing.withdraw(session, survey)
    assert history.record_many(session, Target.of(live), [past(9)]) == 1


def test_a_retry_through_the_ordinary_door_is_known(session: Session, live: Live) -> None:
    sent = past(9)
    history.record_many(session, Target.of(live), [sent])
    assert intake.submit(session, Target.of(live), sent).result == "repeated"


def test_a_partial_one_can_still_be_finished(session: Session, survey: Survey, live: Live) -> None:
    begun = past(9, finished=False)
    history.record_many(session, Target.of(live), [begun])
    done = replace(begun, revision=2, finished=True, at=None)
    assert intake.submit(session, Target.of(live), done).result == "stored"
    assert results.read(session, survey).responses == 1


def _waiting(session: Session) -> int:
    waiting = select(func.count()).where(Event.kind == "surveys.response_finished", Event.dispatched_at.is_(None))
    return session.scalar(waiting) or 0
