"""Figures are exact at any moment: before, while and after the rollups catch up."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.events import RecordedEvent
from infra.events.models import Delivery, Event
from infra.events.reactions import reaction_name
from infra.ids import unordered_id
from surveys import intake, results, rollups
from surveys.contributions import ROLLUPS
from surveys.errors import SurveyInvalid
from surveys.figures import count_finished
from surveys.intake import Target
from surveys.models import Response, ResponseRollup, Survey
from surveys.publishing import Live
from surveys.results import Filters, QuestionResult, Results
from tests.surveys.making import submission

Answers = dict[str, object]


def dispatch(session: Session, most: int | None = None) -> int:
    """What the dispatcher does with waiting events, oldest first, in one batch."""
    query = select(Event).where(Event.dispatched_at.is_(None), Event.kind.startswith("surveys.response_"))
    waiting = session.scalars(query.order_by(Event.id).limit(most)).all()
    batch = [RecordedEvent(e.id, e.kind, e.subject_id, e.data, e.occurred_at) for e in waiting]
    if batch:
        rollups.count_responses(session, batch)
        ids = [event.id for event in batch]
        session.execute(update(Event).where(Event.id.in_(ids)).values(dispatched_at=clock.now()))
    return len(batch)


def result(found: Results, name: str) -> QuestionResult:
    return next(r for r in found.questions if r.question.id == f"q_{name}")


def counts(found: Results, name: str) -> dict[str, int]:
    return {bar.code: bar.count for bar in result(found, name).bars if bar.count}


@pytest.fixture
def answer(session: Session, live: Live) -> Callable[..., intake.Outcome]:
    def send(answers: Answers, **fields: object) -> intake.Outcome:
        return intake.submit(session, Target.of(live), submission(answers, **fields))  # type: ignore[arg-type]

    return send


Send = Callable[..., intake.Outcome]


def test_the_reaction_has_the_name_that_the_tail_looks_for() -> None:
    assert reaction_name(rollups.count_responses) == ROLLUPS


def test_figures_are_the_same_in_the_tail_half_way_and_in_the_rollups(
    session: Session, survey: Survey, answer: Send
) -> None:
    answer({"score": 10, "happy": 5, "seen": ["shop", "web"], "name": "Ann", "okay": True})
    answer({"score": 9, "happy": 4, "seen": ["shop"], "best": "taste"}, language="de")
    answer({"score": 7, "best": "other", "best.other": "smell"})
    key = unordered_id()
    answer({"score": 0, "whyy": "cold"}, key=key)
    answer({"score": 6, "whyy": "late", "easy": 2}, key=key, revision=2)

    in_tail = results.read(session, survey)
    dispatch(session, most=3)
    half_way = results.read(session, survey)
    dispatch(session)
    in_rollups = results.read(session, survey)

    assert in_tail == half_way == in_rollups
    assert in_tail.responses == 4
    assert counts(in_tail, "score") == {"10": 1, "9": 1, "7": 1, "6": 1}
    assert counts(in_tail, "seen") == {"shop": 2, "web": 1}
    assert result(in_tail, "seen").answered == 2
    assert counts(in_tail, "best") == {"taste": 1, "other": 1}
    assert counts(in_tail, "okay") == {"yes": 1, "no": 3}
    assert result(in_tail, "name").answered == 1
    headline = in_tail.headline("nps")
    assert headline is not None
    assert headline.score is not None
    assert headline.score.value == 25.0
    assert headline.score.n == 4
    assert rollups.verify(session, survey) == []
    assert count_finished(session, [survey.id]) == {survey.id: 4}


def test_an_owed_or_failed_delivery_counts_in_the_tail(session: Session, survey: Survey, answer: Send) -> None:
    answer({"score": 10})
    answer({"score": 9})
    events = session.scalars(select(Event).where(Event.kind == "surveys.response_finished")).all()
    for event, state in zip(events, ("waiting", "failed"), strict=True):
        event.dispatched_at = clock.now()
        session.add(Delivery(event_id=event.id, reaction=ROLLUPS, state=state))
        session.add(Delivery(event_id=event.id, reaction="other.reaction", state=state))
    session.flush()

    assert results.read(session, survey).responses == 2
    assert count_finished(session, [survey.id]) == {survey.id: 2}
    assert rollups.verify(session, survey) == []


def test_partial_responses_are_in_no_figure(session: Session, survey: Survey, answer: Send) -> None:
    answer({"score": 10}, finished=False)

    assert results.read(session, survey).responses == 0


def test_days_are_counted_in_the_surveys_zone(session: Session, survey: Survey, answer: Send) -> None:
    answer({"score": 10}, at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))  # 1 April in Berlin
    answer({"score": 0, "whyy": "x"}, at=datetime(2026, 3, 31, 21, 30, tzinfo=UTC))
    dispatch(session, most=1)

    found = results.read(session, survey)

    assert found.by_month == ((date(2026, 3, 1), 1), (date(2026, 4, 1), 1))
    assert found.by_week == ((date(2026, 3, 30), 2),)
    assert results.read(session, survey, Filters(start=date(2026, 4, 1))).responses == 1
    assert results.read(session, survey, Filters(end=date(2026, 3, 31))).responses == 1


def test_trends_say_whether_the_score_is_different(session: Session, survey: Survey, answer: Send) -> None:
    for month, point, times in ((1, 10, 40), (2, 0, 40), (3, 0, 1)):
        for _ in range(times):
            answer({"score": point, "whyy": "x"}, at=datetime(2026, month, 10, 12, tzinfo=UTC))

    trend = result(results.read(session, survey), "score").months

    assert [point.start.month for point in trend] == [1, 2, 3]
    assert [point.score.value for point in trend] == [100, -100, -100]
    assert [point.change and point.change.verdict for point in trend] == [None, "yes", "cannot_tell"]


def test_a_language_filter_leaves_the_others_out(session: Session, survey: Survey, answer: Send) -> None:
    answer({"score": 10}, language="de")
    answer({"score": 0, "whyy": "x"})

    found = results.read(session, survey, Filters(language="de"))

    assert found.responses == 1
    assert counts(found, "score") == {"10": 1}


def test_a_rebuild_with_another_zone_moves_the_days_and_leaves_the_tail(
    session: Session, survey: Survey, answer: Send
) -> None:
    answer({"score": 10}, at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    dispatch(session)
    answer({"score": 9}, at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC))

    rollups.rebuild(session, survey, zone="America/New_York")

    assert results.read(session, survey).by_month == ((date(2026, 3, 1), 2),)
    assert rollups.verify(session, survey) == []
    dispatch(session)
    assert results.read(session, survey).by_month == ((date(2026, 3, 1), 2),)
    assert rollups.verify(session, survey) == []


def test_an_unknown_zone_is_refused(session: Session, survey: Survey) -> None:
    with pytest.raises(SurveyInvalid):
        rollups.rebuild(session, survey, zone="Mars/Olympus")


def test_verify_names_a_cell_that_is_wrong(session: Session, survey: Survey, answer: Send) -> None:
    answer({"score": 10})
    dispatch(session)
    session.execute(update(ResponseRollup).where(ResponseRollup.question_id == "q_score").values(count=3))

    assert [(d.question_id, d.code, d.figure, d.recount) for d in rollups.verify(session, survey)] == [
        ("q_score", "10", 3, 1)
    ]
    rollups.rebuild(session, survey)
    assert rollups.verify(session, survey) == []


def test_a_storm_of_corrections_leaves_what_a_recount_finds(session: Session, survey: Survey, answer: Send) -> None:
    keys = [unordered_id() for _ in range(5)]
    steps = st.lists(
        st.tuples(
            st.integers(0, 4),
            st.integers(0, 10),
            st.sampled_from(["en", "de"]),
            st.lists(st.sampled_from(["shop", "web", "fair"]), max_size=3, unique=True),
            st.booleans(),
        ),
        max_size=12,
    )
    revisions = dict.fromkeys(keys, 0)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps)
    def storm(moves: list[tuple[int, int, str, list[str], bool]]) -> None:
        for who, point, language, seen, deliver in moves:
            revisions[keys[who]] += 1
            fields = {"key": keys[who], "revision": revisions[keys[who]], "language": language}
            answer({"score": point, "whyy": "x", "seen": seen}, **fields)
            if deliver:
                dispatch(session, most=2)
        assert rollups.verify(session, survey) == []
        session.expire_all()
        responses = session.scalars(select(Response).where(Response.survey_id == survey.id)).all()
        expected: dict[str, int] = {}
        for response in responses:
            expected[str(response.nps)] = expected.get(str(response.nps), 0) + 1
        found = results.read(session, survey)
        assert counts(found, "score") == expected
        assert found.responses == len(responses)

    storm()
    while dispatch(session, most=4):
        assert rollups.verify(session, survey) == []
