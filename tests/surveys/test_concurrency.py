"""The rules hold for two at once: real commits, real threads on connections of their own, real dispatch."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from infra.db import TenantRef
from infra.errors import RapportError
from infra.events import Reactions
from infra.events.dispatch import drain
from infra.events.models import Event as EventRow
from infra.ids import unordered_id
from infra.services import Services
from surveys import intake, publishing, results, rollups, surveys
from surveys.definition import Definition
from surveys.events import ResponseCorrected, ResponseFinished
from surveys.intake import Outcome, Submission, Target
from surveys.models import Response, ResponseRevision, Survey
from tests.surveys.making import everything, submission

REACTIONS = Reactions({ResponseFinished: [rollups.count_responses], ResponseCorrected: [rollups.count_responses]})
T = TypeVar("T")


@pytest.fixture
def target(services: Services, own_tenant: TenantRef) -> Target:
    """A published survey, committed."""
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_document(session, "Busy", everything(), zone="Europe/Berlin")
        publishing.publish(session, survey)
        live = publishing.find_live(session, survey.address)
    assert live is not None
    return Target.of(live)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | str]:
    """Runs the calls at the same time; a refusal is its code."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | str:
        barrier.wait()
        try:
            return call()
        except RapportError as refused:
            return refused.code

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


class Door:
    """Sends submissions to a tenant, through both doors in turn."""

    def __init__(self, services: Services, tenant: TenantRef, target: Target) -> None:
        self.services, self.tenant, self.target = services, tenant, target

    def fast(self, given: Submission) -> Outcome:
        return intake.accept(self.services.db, self.tenant, self.target, given)

    def slow(self, given: Submission) -> Outcome:
        with self.services.db.tenant_session(self.tenant) as session:
            return intake.submit(session, self.target, given)

    def call(self, number: int, given: Submission) -> Callable[[], Outcome]:
        return lambda: (self.slow if number % 2 else self.fast)(given)


@pytest.fixture
def door(services: Services, own_tenant: TenantRef, target: Target) -> Door:
    return Door(services, own_tenant, target)


def count(door: Door, *conditions: object, of: type = Response) -> int:
    with door.services.db.tenant_session(door.tenant) as session:
        return session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0  # type: ignore[arg-type]


def test_eight_retries_at_once_make_one_response_and_one_event(door: Door) -> None:
    for _ in range(10):
        given = submission({"score": 9})

        outcomes = at_once([door.call(number, given) for number in range(8)])

        results_found = Counter(outcome.result for outcome in outcomes if isinstance(outcome, Outcome))
        assert results_found == {"stored": 1, "repeated": 7}
    assert count(door) == 10
    assert count(door, EventRow.kind == "surveys.response_finished", of=EventRow) == 10


def test_of_different_answers_under_one_revision_one_wins(door: Door) -> None:
    for _ in range(10):
        key = unordered_id()
        given = [submission({"score": point}, key=key) for point in (7, 8, 9, 10)]

        outcomes = at_once([door.call(number, each) for number, each in enumerate(given)])

        codes = Counter("stored" if isinstance(outcome, Outcome) else outcome for outcome in outcomes)
        assert codes == {"stored": 1, "submission_revision_taken": 3}


def test_partial_saves_racing_the_finish_never_change_it(door: Door) -> None:
    for _ in range(15):
        key = unordered_id()
        partial = [submission({"happy": n}, key=key, revision=n, finished=False) for n in (1, 2, 4, 5)]
        finish = submission({"score": 10}, key=key, revision=3)

        at_once([door.call(number, each) for number, each in enumerate([*partial, finish])])

        with door.services.db.tenant_session(door.tenant) as session:
            response = session.scalars(select(Response).where(Response.submission_key == key)).one()
            if response.state == "finished":
                assert response.answers == {"q_score": 10, "q_okay": False}
            else:  # a partial save of a higher revision was there first; the finish was told so
                assert response.revision > 3
    finished = count(door, Response.state == "finished")
    assert count(door, EventRow.kind == "surveys.response_finished", of=EventRow) == finished


def test_corrections_at_once_leave_a_whole_history(door: Door) -> None:
    key = unordered_id()
    door.fast(submission({"score": 0, "whyy": "x"}, key=key))
    given = [
        submission({"score": 6 + revision % 5, "whyy": "x"}, key=key, revision=revision)
        for revision in range(2, 10)
    ]

    outcomes = at_once([door.call(number, each) for number, each in enumerate(given)])

    corrected = [outcome for outcome in outcomes if isinstance(outcome, Outcome) and outcome.result == "corrected"]
    assert count(door, of=ResponseRevision) == len(corrected)
    assert count(door, EventRow.kind == "surveys.response_corrected", of=EventRow) == len(corrected)
    with door.services.db.tenant_session(door.tenant) as session:
        assert session.scalars(select(Response)).one().revision == max(outcome.revision for outcome in corrected)


def test_figures_stay_exact_while_answers_come_in_and_are_dispatched(door: Door) -> None:
    """Four writers with corrections, two dispatchers and a rebuild, and a reader who looks all the time."""
    done = Event()
    survey_id = door.target.survey_id

    def write(seed: int) -> int:
        chance = random.Random(seed)
        keys: list[tuple[object, int]] = []
        for n in range(60):
            if keys and chance.random() < 0.4:
                place = chance.randrange(len(keys))
                key, revision = keys[place]
            else:
                key, revision, place = unordered_id(), 0, len(keys)
                keys.append((key, 0))
            keys[place] = (key, revision + 1)
            answers = {
                "score": chance.randrange(11),
                "whyy": str(n),
                "seen": ["shop", "web"][: chance.randrange(3)],
            }
            language = chance.choice(["en", "de"])
            given = submission(answers, key=key, revision=revision + 1, language=language)  # type: ignore[arg-type]
            door.call(n, given)()
        return len(keys)

    def dispatch() -> None:
        while not done.is_set():
            drain(door.services.db, door.tenant, REACTIONS)

    def look() -> list[int]:
        seen: list[int] = []
        while not done.is_set():
            with door.services.db.tenant_session(door.tenant) as session:
                survey = session.get_one(Survey, survey_id)
                assert rollups.verify(session, survey) == []
                seen.append(results.read(session, survey).responses)
        return seen

    def rebuild() -> None:
        for zone in ("Asia/Tokyo", "America/New_York", "Europe/Berlin"):
            with door.services.db.tenant_session(door.tenant) as session:
                rollups.rebuild(session, session.get_one(Survey, survey_id), zone=zone)

    with ThreadPoolExecutor(8) as threads:
        others = [threads.submit(dispatch), threads.submit(dispatch)]
        looking = threads.submit(look)
        writers = [threads.submit(write, seed) for seed in range(4)]
        rebuilding = threads.submit(rebuild)
        try:
            total = sum(writer.result() for writer in writers)
            rebuilding.result()
        finally:
            done.set()
        for other in others:
            other.result()
        seen = looking.result()

    drain(door.services.db, door.tenant, REACTIONS)
    assert seen == sorted(seen)
    with door.services.db.tenant_session(door.tenant) as session:
        survey = session.get_one(Survey, survey_id)
        assert rollups.verify(session, survey) == []
        assert results.read(session, survey).responses == total
    assert count(door) == total


def test_an_answer_and_a_withdrawal_at_once_end_one_way_or_the_other(door: Door) -> None:
    def withdraw() -> str:
        with door.services.db.tenant_session(door.tenant) as session:
            publishing.withdraw(session, session.get_one(Survey, door.target.survey_id))
        return "withdrawn"

    outcomes = at_once([withdraw, *(door.call(n, submission({"score": 9})) for n in range(5))])  # type: ignore[list-item]

    stored = sum(isinstance(outcome, Outcome) for outcome in outcomes)
    assert count(door) == stored
    assert outcomes.count("survey_not_live") == 5 - stored


def test_two_publishers_make_versions_one_after_the_other(
    services: Services, own_tenant: TenantRef, target: Target
) -> None:
    def publish(minutes: int) -> Callable[[], int]:
        def run() -> int:
            with services.db.tenant_session(own_tenant) as session:
                survey = session.get_one(Survey, target.survey_id)
                surveys.edit_draft(session, survey, lambda draft: _with_minutes(draft, minutes))
                return publishing.publish(session, survey).number

        return run

    numbers = at_once([publish(minutes) for minutes in (1, 2, 3, 4)])

    assert sorted(numbers, key=str) == [2, 3, 4, 5]


def _with_minutes(draft: Definition, minutes: int) -> Definition:
    return replace(draft, correction_minutes=minutes)
