"""Without JavaScript a form cannot count its revisions: what comes in together is kept as one correction each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.services import Services
from surveys import intake, publishing, surveys
from surveys.intake import Outcome, Submission
from surveys.models import Response, ResponseRevision, Survey
from tests.surveys.making import everything
from tests.web.public.respondent import Respondent
from web import create_app
from web.public.surveys.answering import TRIES

Stored = Callable[[], list[Response]]
RIVALS_SCORE = 0


class Rival:
    """Somebody with the same form, whose correction comes in just before every one of ours, `laps` times."""

    def __init__(self) -> None:
        self.laps = 0
        self.tries = 0
        self._accept = intake.accept

    def accept(self, databases: Any, tenant: TenantRef, target: Any, submission: Submission) -> Outcome:
        self.tries += 1
        if self.laps:
            self.laps -= 1
            words = {"q_score": RIVALS_SCORE, "q_whyy": f"lap {self.laps}"}
            self._accept(databases, tenant, target, replace(submission, answers=words))
        return self._accept(databases, tenant, target, submission)


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Rival:
    made = Rival()
    monkeypatch.setattr(intake, "accept", made.accept)
    return made


def said_before(session: Session, response: Response) -> list[int | None]:
    """The scores that the response held, oldest first."""
    rows = select(ResponseRevision.nps).where(ResponseRevision.response_id == response.id)
    return list(session.scalars(rows.order_by(ResponseRevision.revision)))


def test_an_answer_that_is_overtaken_again_and_again_is_kept(
    respondent: Respondent, survey: Survey, stored: Stored, session: Session, rival: Rival
) -> None:
    rival.laps = TRIES - 1
    respondent.open(survey.address).send(score="9", name="Ada")
    (response,) = stored()
    assert (response.nps, response.texts, response.revision) == (9, {"q_name": "Ada"}, TRIES)
    assert said_before(session, response) == [RIVALS_SCORE] * (TRIES - 1)
    assert rival.tries == TRIES


def test_an_answer_that_is_always_overtaken_comes_back_as_typed_and_can_be_sent_again(
    respondent: Respondent, survey: Survey, stored: Stored, rival: Rival
) -> None:
    rival.laps = TRIES
    respondent.open(survey.address).send(score="9", name="Ada", expect=409)
    assert rival.tries == TRIES
    assert "Your answers could not be saved just now" in respondent.text
    assert (respondent.fields()["q_score"], respondent.fields()["q_name"]) == (["9"], "Ada")
    assert [response.nps for response in stored()] == [RIVALS_SCORE]
    respondent.send()
    assert [(response.nps, response.texts) for response in stored()] == [(9, {"q_name": "Ada"})]


def test_different_answers_of_one_form_at_the_same_moment_are_all_kept(
    services: Services, own_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = [7, 8, 9, 10]
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_document(session, "Busy", everything(), zone="Europe/Berlin")
        publishing.publish(session, survey)
        address = survey.address
    app = create_app(services)
    form = Respondent(app, own_tenant).open(address).page
    together = Barrier(len(scores))
    accept, revisions = intake.accept, []

    def meet(databases: Any, tenant: TenantRef, target: Any, submission: Submission) -> Outcome:
        if submission.revision == 1:
            together.wait(20)
        revisions.append(submission.revision)
        return accept(databases, tenant, target, submission)

    def send(score: int) -> None:
        somebody = Respondent(app, own_tenant)
        somebody.page = form
        somebody.send(score=str(score))

    monkeypatch.setattr(intake, "accept", meet)
    with ThreadPoolExecutor(len(scores)) as threads:
        list(threads.map(send, scores))

    with services.db.tenant_session(own_tenant) as session:
        response = session.scalars(select(Response)).one()
        assert response.revision == len(scores)
        assert sorted([*said_before(session, response), response.nps]) == scores  # type: ignore[type-var]
    assert len(revisions) > len(scores), "nobody had to try again"
