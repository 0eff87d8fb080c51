"""Places are taken where an answer is stored: exactly, once, given back by corrections, and by nobody else."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef, fast
from infra.events.models import Event
from infra.ids import unordered_id
from infra.services import Services
from surveys import exports, figures, history, intake, known, publishing, quotas, results, rollups, surveys
from surveys.intake import Outcome, Submission, Target
from surveys.models import Response, Survey, SurveyQuota
from tests.support.waiting import until
from tests.surveys.logic_making import of_hidden, variable
from tests.surveys.making import document, on, question, submission, text
from tests.surveys.test_results import dispatch

Send = Callable[[Submission], Outcome]


def quota(name: str, limit: int, *, ending: str = "", when: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": f"u_{name}", "name": name, "limit": limit}
    return made | ({"when": when} if when else {}) | ({"ending": ending} if ending else {})


def counted(*wanted: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Who answers "young" is screened out; "grown" and "old" have places."""
    age = question("age0", "single_choice", options=["young", "grown", "old"])
    age["jumps"] = [{"to": "e_young", "when": on("age0", "equals", "young")}]
    taste = question("taste", "multiple_choice", options=["tea", "coffee"])
    return document(
        [age, question("score", "nps")],
        [taste],
        endings=[
            {"id": "e_young", "text": text("Too young"), "counts": False},
            {"id": "e_full", "text": text("Full")},
        ],
        quotas=list(wanted),
        **fields,
    )


GROWN = quota("grown", 2, ending="e_full", when=on("age0", "equals", "grown"))
TEA = quota("teaa", 3, when=on("taste", "includes_any", ["tea"]))
ALL = quota("alll", 4)


def launched(session: Session, *wanted: dict[str, Any], **fields: Any) -> tuple[Survey, Target]:
    survey = surveys.create_from_document(session, "Counted", counted(*wanted, **fields), zone="UTC")
    publishing.publish(session, survey)
    return survey, target_of(session, survey)


def target_of(session: Session, survey: Survey) -> Target:
    live = publishing.find_live(session, survey.address)
    assert live is not None
    return Target.of(live)


def relaunched(session: Session, survey: Survey, *wanted: dict[str, Any]) -> Target:
    surveys.save_draft(session, survey, counted(*wanted), revision=survey.draft_revision)
    publishing.publish(session, survey)
    return target_of(session, survey)


@pytest.fixture(params=["session", "fast"])
def door(request: pytest.FixtureRequest, joined: Services, session: Session, acme: TenantRef) -> Any:
    """Makes a sender for a target, through one of the two doors."""

    def sender(target: Target) -> Send:
        if request.param == "session":
            return lambda given: intake.submit(session, target, given)

        def fast(given: Submission) -> Outcome:
            session.flush()
            try:
                return intake.accept(joined.db, acme, target, given)
            finally:
                session.expire_all()

        return fast

    return sender


def taken(session: Session, survey: Survey) -> dict[str, int]:
    rows = select(SurveyQuota.quota_id, SurveyQuota.taken).where(SurveyQuota.survey_id == survey.id)
    return {row.quota_id: row.taken for row in session.execute(rows)}


def stored(session: Session, outcome: Outcome) -> Response:
    found = session.get(Response, outcome.response_id, populate_existing=True)
    assert found is not None
    return found


def test_a_full_quota_leads_to_its_ending_and_the_answer_does_not_count(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN)
    send = door(target)

    outcomes = [send(submission({"age0": "grown"})) for _ in range(3)]

    assert [(each.state, each.ending) for each in outcomes] == [
        ("finished", None), ("finished", None), ("screened", "e_full"),
    ]  # fmt: skip
    assert taken(session, survey) == {"u_grown": 2}
    rows = [stored(session, each) for each in outcomes]
    assert [row.quotas for row in rows] == [["u_grown"]] * 3
    assert all(row.finished_at is not None for row in rows)
    dispatch(session)
    found = results.read(session, survey)
    assert (found.responses, found.screened) == (2, 1)
    assert figures.count_finished(session, [survey.id]) == {survey.id: 2}
    assert rollups.verify(session, survey) == []


def test_who_falls_into_two_quotas_takes_a_place_in_both_or_in_none(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN, ALL)
    send = door(target)
    for _ in range(2):
        send(submission({"age0": "grown"}))

    outcome = send(submission({"age0": "grown"}))

    assert (outcome.state, outcome.ending) == ("screened", "e_full")
    assert taken(session, survey) == {"u_alll": 2, "u_grown": 2}
    assert send(submission({"age0": "old"})).state == "finished"
    assert taken(session, survey) == {"u_alll": 3, "u_grown": 2}


def test_an_ending_that_does_not_count_takes_no_place(session: Session, door: Any) -> None:
    survey, target = launched(session, ALL)

    outcome = door(target)(submission({"age0": "young"}))

    assert (outcome.state, outcome.ending) == ("screened", "e_young")
    assert taken(session, survey) == {"u_alll": 0}
    assert stored(session, outcome).quotas is None


def test_a_retry_takes_nothing_and_has_the_same_end(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN)
    send = door(target)
    first, second, full = (submission({"age0": "grown"}) for _ in range(3))
    for each in (first, second, full):
        send(each)

    again = [send(each) for each in (first, full)]

    assert [(each.result, each.state, each.ending) for each in again] == [
        ("repeated", "finished", None), ("repeated", "screened", "e_full"),
    ]  # fmt: skip
    assert taken(session, survey) == {"u_grown": 2}


def test_partial_saves_take_nothing_and_a_late_one_changes_nothing(session: Session, door: Any) -> None:
    survey, target = launched(session, quota("grown", 1, ending="e_full", when=on("age0", "equals", "grown")))
    send = door(target)
    key = unordered_id()
    send(submission({"age0": "grown"}, key=key, finished=False))
    assert taken(session, survey) == {"u_grown": 0}
    assert send(submission({"age0": "grown"}, key=key, revision=2)).state == "finished"
    assert send(submission({"age0": "grown"}, key=key, revision=3, finished=False)).result == "kept"
    late = submission({"age0": "grown"})
    assert send(late).state == "screened"
    assert send(submission({"age0": "old"}, key=late.key, revision=2, finished=False)).result == "kept"
    assert taken(session, survey) == {"u_grown": 1}


def test_a_correction_gives_back_and_takes_anew(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN, TEA, ALL)
    send = door(target)
    key = unordered_id()
    send(submission({"age0": "grown", "score": 9}, key=key))
    assert taken(session, survey) == {"u_alll": 1, "u_grown": 1, "u_teaa": 0}

    send(submission({"age0": "old", "score": 9, "taste": ["tea"]}, key=key, revision=2))

    assert taken(session, survey) == {"u_alll": 1, "u_grown": 0, "u_teaa": 1}
    dispatch(session)
    assert results.read(session, survey).responses == 1
    assert rollups.verify(session, survey) == []


def test_corrections_that_screen_out_and_let_in_again_keep_the_figures_exact(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN)
    send = door(target)
    key = unordered_id()
    said = [("grown", "en"), ("young", "en"), ("young", "de"), ("grown", "de")]
    for revision, (age, language) in enumerate(said, 1):
        state = "finished" if age == "grown" else "screened"
        outcome = send(submission({"age0": age}, key=key, revision=revision, language=language))
        assert outcome.state == state
        assert taken(session, survey) == {"u_grown": 1 if state == "finished" else 0}
        found = results.read(session, survey)
        assert (found.responses, found.screened) == ((1, 0) if state == "finished" else (0, 1))
        assert figures.count_finished(session, [survey.id])[survey.id] == found.responses
        assert rollups.verify(session, survey) == []
    dispatch(session)
    assert rollups.verify(session, survey) == []
    assert results.read(session, survey).responses == 1
    kinds = session.scalars(select(Event.kind).where(Event.kind.startswith("surveys.response")).order_by(Event.id))
    assert [kind.removeprefix("surveys.response_") for kind in kinds] == [
        "finished", "screened", "screened", "finished",
    ]  # fmt: skip


def test_a_correction_into_a_full_quota_is_screened_out_and_leaves_its_place_to_others(
    session: Session, door: Any
) -> None:
    survey, target = launched(session, quota("grown", 1, ending="e_full", when=on("age0", "equals", "grown")), ALL)
    send = door(target)
    key = unordered_id()
    send(submission({"age0": "grown"}))
    send(submission({"age0": "old"}, key=key))

    outcome = send(submission({"age0": "grown"}, key=key, revision=2))

    assert (outcome.result, outcome.state, outcome.ending) == ("corrected", "screened", "e_full")
    assert taken(session, survey) == {"u_alll": 1, "u_grown": 1}
    again = send(submission({"age0": "old"}, key=key, revision=3))
    assert (again.state, again.ending, taken(session, survey)) == ("finished", None, {"u_alll": 2, "u_grown": 1})


def test_a_limit_raised_lets_more_in_and_one_lowered_nobody(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN)
    send = door(target)
    for _ in range(3):
        send(submission({"age0": "grown"}))

    relaunched(session, survey, {**GROWN, "limit": 3})
    assert send(submission({"age0": "grown"})).state == "finished"  # a form of the version before, too
    target = relaunched(session, survey, {**GROWN, "limit": 1})
    assert door(target)(submission({"age0": "grown"})).state == "screened"
    assert taken(session, survey) == {"u_grown": 3}
    assert [(each.taken, each.left) for each in quotas.of_live(session, survey)] == [(3, 0)]
    relaunched(session, survey)
    assert send(submission({"age0": "grown"})).state == "finished"  # there is no such quota any more
    assert quotas.of_live(session, survey) == ()


def test_what_is_deleted_gives_its_places_back_once(session: Session, door: Any) -> None:
    survey, target = launched(session, GROWN, ALL)
    send = door(target)
    found = stored(session, send(submission({"age0": "grown"})))

    quotas.give_back(session, found)
    quotas.give_back(session, found)

    assert taken(session, survey) == {"u_alll": 0, "u_grown": 0}


def test_what_happened_long_ago_takes_no_place_and_is_screened_all_the_same(session: Session) -> None:
    survey, target = launched(session, ALL)
    at = survey.created_at.replace(year=2020)
    given = [submission({"age0": age}, at=at, started_at=at) for age in ("young", "old")]

    assert history.record_many(session, target, given) == 2

    found = results.read(session, survey)
    assert (found.responses, found.screened, taken(session, survey)) == (1, 1, {"u_alll": 0})
    assert rollups.verify(session, survey) == []


def add_constant(value: float, when: dict[str, Any]) -> dict[str, Any]:
    return {"add": {"type": "constant", "value": value}, "when": when}


BROUGHT: dict[str, Any] = {
    "hidden": [{"code": "plan"}, {"code": "spent", "type": "number"}],
    "variables": [
        variable("points", start=1, terms=[{"add": {"type": "hidden", "code": "spent"}}]),
        variable("fixed", terms=[add_constant(2.5, of_hidden("plan", "answered"))]),
    ],
}


def with_hidden(given: Submission, **hidden: str) -> Submission:
    answers = {**given.answers, **{f"hidden.{code}": value for code, value in hidden.items()}}
    return Submission(given.key, given.revision, given.language, answers, source=given.source)


def test_what_the_link_brought_along_and_what_follows_from_it_is_stored_and_exported(
    session: Session, door: Any
) -> None:
    survey, target = launched(session, **BROUGHT)

    outcome = door(target)(with_hidden(submission({"age0": "old"}), plan="gold", spent="7.5"))

    found = stored(session, outcome)
    assert found.hidden == {"plan": "gold", "spent": 7.5}
    assert found.variables == {"v_points": 8.5, "v_fixed": 2.5}
    assert found.order_seed == found.submission_key.int & 0xFFFFFFFF
    lines = b"".join(exports.stream(session, survey)).decode("utf-8-sig").splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (row["hidden.plan"], row["hidden.spent"], row["variable.points"], row["ending"]) == (
        "gold", "7.5", "8.5", "",
    )  # fmt: skip


def test_of_an_anonymous_answer_nothing_that_the_link_brought_along_is_kept(session: Session, door: Any) -> None:
    _, target = launched(session, **BROUGHT)
    given = known.without_trace(with_hidden(submission({"age0": "old"}), plan="gold", spent="7.5"), "UTC")

    found = stored(session, door(target)(given))

    assert (found.hidden, found.variables, found.state) == (None, None, "finished")


@pytest.fixture
def committed(services: Services, own_tenant: TenantRef) -> tuple[UUID, Target]:
    """A survey with fifty places, and a hundred in all."""
    wanted = (quota("grown", 50, ending="e_full", when=on("age0", "equals", "grown")), quota("alll", 100))
    with services.db.tenant_session(own_tenant) as session:
        survey, target = launched(session, *wanted)
        return survey.id, target


def counts(services: Services, tenant: TenantRef, survey_id: UUID) -> tuple[dict[str, int], Counter[str]]:
    with services.db.tenant_session(tenant) as session:
        survey = session.get_one(Survey, survey_id)
        states = session.scalars(select(Response.state).where(Response.survey_id == survey_id))
        return taken(session, survey), Counter(states)


def at_once(calls: Sequence[Callable[[], Outcome]], most: int = 16) -> list[Outcome]:
    with ThreadPoolExecutor(most) as threads:
        return list(threads.map(lambda call: call(), calls))


def test_two_hundred_at_once_leave_exactly_fifty(
    services: Services, own_tenant: TenantRef, committed: tuple[UUID, Target]
) -> None:
    survey_id, target = committed

    def send(number: int) -> Callable[[], Outcome]:
        given = submission({"age0": "grown"})
        if number % 10:
            return lambda: intake.accept(services.db, own_tenant, target, given)

        def slow() -> Outcome:
            with services.db.tenant_session(own_tenant) as session:
                return intake.submit(session, target, given)

        return slow

    outcomes = at_once([send(number) for number in range(200)])

    assert Counter(each.state for each in outcomes) == {"finished": 50, "screened": 150}
    assert counts(services, own_tenant, survey_id) == (
        {"u_grown": 50, "u_alll": 50}, Counter(finished=50, screened=150),
    )  # fmt: skip


def test_the_same_form_sent_many_times_at_once_takes_one_place(
    services: Services, own_tenant: TenantRef, committed: tuple[UUID, Target]
) -> None:
    survey_id, target = committed
    for begun in (False, True):
        for _ in range(6):
            key = unordered_id()
            if begun:
                intake.accept(services.db, own_tenant, target, submission({}, key=key, finished=False))
            given = submission({"age0": "grown"}, key=key, revision=2)
            sent = [lambda given=given: intake.accept(services.db, own_tenant, target, given) for _ in range(8)]
            found = Counter(each.result for each in at_once(sent, 8))  # type: ignore[arg-type]
            assert found == {"stored": 1, "repeated": 7}

    assert counts(services, own_tenant, survey_id)[0] == {"u_grown": 12, "u_alll": 12}


def test_corrections_back_and_forth_at_once_wait_in_no_circle(
    services: Services, own_tenant: TenantRef, committed: tuple[UUID, Target]
) -> None:
    survey_id, target = committed
    keys = [unordered_id() for _ in range(8)]

    def change(key: UUID) -> Callable[[], Outcome]:
        def many() -> Outcome:
            for revision in range(1, 13):
                age = "grown" if revision % 2 else "old"
                given = submission({"age0": age}, key=key, revision=revision)
                outcome = intake.accept(services.db, own_tenant, target, given)
            return outcome

        return many

    at_once([change(key) for key in keys], 8)

    assert counts(services, own_tenant, survey_id) == ({"u_grown": 0, "u_alll": 8}, Counter(finished=8))


KILLED = """
import sys
from uuid import UUID
from infra.db import TenantRef, fast
from infra.services import Services
from infra.settings import load
from surveys import intake, publishing
from surveys.intake import Submission, Target
services = Services.start(load())
tenant = TenantRef(UUID(sys.argv[1]), sys.argv[2], sys.argv[3])
with services.db.tenant_session(tenant) as session:
    live = publishing.find_live(session, sys.argv[4])
with services.db.tenant_session(tenant) as session:
    intake.submit(session, Target.of(live), Submission(UUID(sys.argv[5]), 1, "en", {"q_age0": "grown"}))
"""
FREE: LiteralString = "SELECT quota_id FROM survey_quotas FOR UPDATE SKIP LOCKED"


@pytest.mark.processes
def test_who_is_killed_between_taking_and_storing_has_taken_nothing(
    services: Services, own_tenant: TenantRef, committed: tuple[UUID, Target], environment: dict[str, str]
) -> None:
    survey_id, target = committed
    given = submission({"age0": "grown"})
    with services.db.tenant_session(own_tenant) as session:
        address = session.get_one(Survey, survey_id).address
    words = [str(own_tenant.id), own_tenant.slug, own_tenant.cell, address, str(given.key)]

    def holds_places() -> bool:
        return not fast.once(services.db, own_tenant, FREE)

    with pytest.raises(KeyError), services.db.tenant_session(own_tenant) as session:
        intake.submit(session, target, submission({}, key=given.key, finished=False))  # so that storing has to wait
        with subprocess.Popen([sys.executable, "-c", KILLED, *words], env=environment) as worker:
            try:
                until(holds_places, "the other process, which takes its places")
            finally:
                worker.send_signal(signal.SIGKILL)
        assert worker.returncode == -signal.SIGKILL
        raise KeyError("rolled back")

    assert intake.accept(services.db, own_tenant, target, given).result == "stored"
    assert counts(services, own_tenant, survey_id) == ({"u_grown": 1, "u_alll": 1}, Counter(finished=1))
