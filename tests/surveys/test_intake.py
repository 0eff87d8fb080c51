"""The rules of taking answers in, through both doors."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.events.models import Event
from infra.ids import unordered_id
from infra.services import Services
from surveys import intake, publishing, surveys
from surveys.errors import (
    AnswersInvalid,
    CorrectionClosed,
    RevisionTaken,
    SubmissionInvalid,
    SubmissionKeyTaken,
    SurveyNotLive,
)
from surveys.intake import Outcome, Submission, Target
from surveys.models import Response, ResponseRevision, Survey
from surveys.publishing import Live
from tests.surveys.making import document, everything, question, submission

Send = Callable[[Submission], Outcome]


@pytest.fixture(params=["session", "fast"])
def send(request: pytest.FixtureRequest, joined: Services, session: Session, acme: TenantRef, live: Live) -> Send:
    """Sends a submission through one of the two doors."""
    target = Target.of(live)
    if request.param == "session":
        return lambda given: intake.submit(session, target, given)

    def fast(given: Submission) -> Outcome:
        session.flush()
        try:
            return intake.accept(joined.db, acme, target, given)
        finally:
            session.expire_all()

    return fast


def stored(session: Session, outcome: Outcome) -> Response:
    found = session.get(Response, outcome.response_id, populate_existing=True)
    assert found is not None
    return found


def kinds(session: Session) -> list[str]:
    return list(
        session.scalars(select(Event.kind).where(Event.kind.startswith("surveys.response")).order_by(Event.id))
    )


def test_an_answer_is_stored_with_codes_and_scores(session: Session, send: Send, live: Live) -> None:
    outcome = send(submission({"score": "9", "happy": 4, "easy": 6, "best": "other", "best.other": "the smell"}))

    response = stored(session, outcome)
    assert (outcome.result, outcome.state, outcome.revision) == ("stored", "finished", 1)
    assert response.answers == {"q_score": 9, "q_happy": 4, "q_easy": 6, "q_best": "other", "q_okay": False}
    assert response.texts == {"q_best": "the smell"}
    assert (response.nps, response.csat, response.ces) == (9, 4, 6)
    assert (response.version_id, response.survey_id) == (live.version_id, live.survey_id)
    assert response.finished_at is not None
    assert kinds(session) == ["surveys.response_finished"]


def test_the_event_says_which_survey_and_revision(session: Session, send: Send, live: Live) -> None:
    outcome = send(submission())

    event = session.scalars(select(Event).where(Event.kind == "surveys.response_finished")).one()
    assert event.subject_id == outcome.response_id
    assert event.data == {"survey": str(live.survey_id), "revision": 1}


def test_the_same_submission_again_is_the_same_response(session: Session, send: Send) -> None:
    given = submission({"score": 9})
    first = send(given)

    again = send(given)

    assert (again.response_id, again.revision, again.result) == (first.response_id, 1, "repeated")
    assert session.scalar(select(func.count()).select_from(Response)) == 1
    assert kinds(session) == ["surveys.response_finished"]


def test_the_same_revision_with_other_answers_is_refused(session: Session, send: Send) -> None:
    given = submission({"score": 9})
    first = send(given)

    with pytest.raises(RevisionTaken) as refused:
        send(submission({"score": 2, "whyy": "bad"}, key=given.key))

    assert refused.value.fields == {"revision": 1}
    assert stored(session, first).nps == 9


def test_a_higher_revision_corrects_and_keeps_what_was_said(session: Session, send: Send) -> None:
    key = unordered_id()
    first = send(submission({"score": 9}, key=key))

    corrected = send(submission({"score": 3, "whyy": "cold coffee"}, key=key, revision=2))

    assert (corrected.result, corrected.revision, corrected.response_id) == ("corrected", 2, first.response_id)
    assert stored(session, corrected).nps == 3
    old = session.scalars(select(ResponseRevision)).one()
    assert (old.revision, old.nps, old.answers["q_score"]) == (1, 9, 9)
    assert kinds(session) == ["surveys.response_finished", "surveys.response_corrected"]


def test_a_late_retry_of_what_was_corrected_since_changes_nothing(session: Session, send: Send) -> None:
    key = unordered_id()
    first = submission({"score": 9}, key=key)
    send(first)
    send(submission({"score": 10}, key=key, revision=2))

    again = send(first)

    assert (again.result, again.revision) == ("repeated", 2)
    assert stored(session, again).nps == 10


def test_a_correction_that_changes_nothing_makes_no_revision(session: Session, send: Send) -> None:
    key = unordered_id()
    send(submission({"score": 9}, key=key))

    again = send(submission({"score": 9}, key=key, revision=2))

    assert (again.result, again.revision) == ("repeated", 1)
    assert session.scalars(select(ResponseRevision)).all() == []


def test_partial_saves_go_on_until_the_response_is_finished(session: Session, send: Send) -> None:
    key = unordered_id()
    send(submission({"happy": 2}, key=key, finished=False))
    saved = send(submission({"happy": 3}, key=key, revision=2, finished=False))
    assert (saved.state, saved.result, stored(session, saved).csat) == ("partial", "stored", 3)
    assert kinds(session) == []

    finished = send(submission({"happy": 5, "score": 8}, key=key, revision=3))

    assert (finished.state, finished.response_id) == ("finished", saved.response_id)
    assert stored(session, finished).answers["q_happy"] == 5
    assert kinds(session) == ["surveys.response_finished"]


@pytest.mark.parametrize("revision", [1, 2, 3])
def test_a_late_partial_save_does_not_change_a_finished_response(
    session: Session, send: Send, revision: int
) -> None:
    key = unordered_id()
    finished = send(submission({"score": 9}, key=key, revision=2))

    late = send(submission({"score": 1}, key=key, revision=revision, finished=False))

    assert (late.result, late.state, late.revision) == ("kept", "finished", 2)
    assert stored(session, finished).nps == 9


def test_an_older_partial_save_does_not_undo_a_newer_one(session: Session, send: Send) -> None:
    key = unordered_id()
    send(submission({"happy": 3}, key=key, revision=2, finished=False))

    older = send(submission({"happy": 1}, key=key, revision=1, finished=False))

    assert older.result == "kept"
    assert stored(session, older).csat == 3


def test_a_key_belongs_to_one_survey(session: Session, joined: Services, acme: TenantRef, live: Live) -> None:
    given = submission({"score": 9})
    intake.submit(session, Target.of(live), given)
    other = surveys.create_from_document(session, "Other", everything(), zone="UTC")
    publishing.publish(session, other)
    found = publishing.find_live(session, other.address)
    assert found is not None

    with pytest.raises(SubmissionKeyTaken):
        intake.submit(session, Target.of(found), given)
    with pytest.raises(SubmissionKeyTaken):
        intake.accept(joined.db, acme, Target.of(found), given)


def test_a_finished_response_can_be_corrected_for_a_day_only(session: Session, send: Send) -> None:
    key = unordered_id()
    send(submission({"score": 9}, key=key))

    with time_machine.travel(clock.now() + timedelta(minutes=1441), tick=False), pytest.raises(CorrectionClosed):
        send(submission({"score": 1, "whyy": "x"}, key=key, revision=2))
    with time_machine.travel(clock.now() + timedelta(minutes=1439), tick=False):
        assert send(submission({"score": 10}, key=key, revision=2)).result == "corrected"


def test_a_withdrawn_survey_takes_nothing_but_answers_retries(session: Session, send: Send, survey: Survey) -> None:
    first = submission({"score": 9})
    partial = submission({"happy": 3}, finished=False)
    send(first)
    send(partial)
    publishing.withdraw(session, survey)

    assert send(first).result == "repeated"
    for given in (
        submission({"score": 8}),
        submission({"score": 8}, key=first.key, revision=2),
        submission({"score": 8}, key=partial.key, revision=2),
    ):
        with pytest.raises(SurveyNotLive):
            send(given)
    assert session.scalar(select(func.count()).select_from(Response)) == 2


def test_a_missing_required_answer_is_named_and_nothing_is_stored(session: Session, send: Send) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        send(submission({"score": 5}))

    assert refused.value.problems == {"q_whyy": ["Please answer this question."]}
    assert session.scalars(select(Response)).all() == []


def test_answers_off_the_path_are_dropped(session: Session, send: Send) -> None:
    outcome = send(submission({"score": 9, "whyy": "not asked", "best": "price", "seen": ["shop"], "name": "Ann"}))

    response = stored(session, outcome)
    assert response.answers == {"q_score": 9, "q_best": "price"}
    assert response.texts == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"language": "fr"}, "language"), ({"revision": 0}, "revision"), ({"revision": 2**40}, "revision")],
)
def test_a_submission_with_a_wrong_frame_is_refused(send: Send, fields: dict[str, object], field: str) -> None:
    with pytest.raises(SubmissionInvalid) as refused:
        send(submission({"score": 9}, **fields))  # type: ignore[arg-type]

    assert list(refused.value.problems) == [field]


def test_hostile_text_is_stored_as_words(session: Session, send: Send) -> None:
    hostile = "\x00a\ud800b'; DROP TABLE responses; --\r\n=1+1\u202e"

    response = stored(session, send(submission({"score": 2, "whyy": hostile})))

    assert response.texts == {"q_whyy": "ab'; DROP TABLE responses; --\n=1+1\u202e"}


def test_a_form_of_an_older_version_is_taken_against_that_version(session: Session, survey: Survey) -> None:
    survey_two = surveys.create_from_document(session, "Two", document([question("score", "nps")]), zone="UTC")
    old = publishing.publish(session, survey_two)
    surveys.save_draft(session, survey_two, document([question("happy", "csat")]), revision=1)
    publishing.publish(session, survey_two)
    version = publishing.find_version(session, old.id)
    assert version is not None

    outcome = intake.submit(session, Target.of(version), submission({"score": 7}))

    assert stored(session, outcome).version_id == old.id


def test_another_tenants_survey_takes_nothing(joined: Services, globex: TenantRef, live: Live) -> None:
    with pytest.raises(SurveyNotLive):
        intake.accept(joined.db, globex, Target.of(live), submission({"score": 9}))
