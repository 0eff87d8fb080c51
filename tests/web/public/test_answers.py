"""One answer: what is stored, what is refused, what a person sees then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.events.models import Event
from infra.services import Services
from surveys import publishing
from surveys.models import Response, Survey
from tests.surveys.making import document, everything, question
from tests.web.public.respondent import Respondent
from web import create_app

Stored = Callable[[], list[Response]]


def test_an_answer_is_stored_as_codes_with_its_event_and_leads_to_the_thanks(
    respondent: Respondent, survey: Survey, stored: Stored, session: Session
) -> None:
    respondent.open(survey.address, language="de").send(
        score="9", best="other", seen=["web", "shop"], okay="yes", change={"q_best.other": "the smell "}
    )
    (response,) = stored()
    assert (response.state, response.revision, response.language, response.nps) == ("finished", 1, "de", 9)
    assert response.answers == {"q_score": 9, "q_best": "other", "q_seen": ["shop", "web"], "q_okay": True}
    assert response.texts == {"q_best": "the smell"}
    event = session.scalars(select(Event).where(Event.subject_id == response.id)).one()
    assert event.kind == "surveys.response_finished"
    page = respondent.page
    assert page is not None
    thanks = respondent.client.get(page.headers["Location"], base_url=respondent.host)
    assert thanks.status_code == 200
    assert "Danke" in thanks.text  # the catalogue


def test_what_is_missing_is_said_beside_the_question_and_nothing_typed_is_lost(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address).send(expect=422, happy="4", name="Ada <b>")
    assert respondent.problem_at("score") == "Please answer this question."
    kept = respondent.fields()
    assert (kept["q_happy"], kept["q_name"]) == (["4"], "Ada <b>")
    assert stored() == []
    respondent.send(score="8")
    assert stored()[0].texts == {"q_name": "Ada <b>"}


def test_what_lies_off_the_path_is_dropped(respondent: Respondent, survey: Survey, stored: Stored) -> None:
    respondent.open(survey.address).send(score="9", whyy="never asked", best="price", seen=["web"], name="Ada")
    assert stored()[0].answers == {"q_score": 9, "q_best": "price"}
    assert stored()[0].texts == {}


def test_sending_twice_is_one_response_and_going_back_corrects_it(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    form = respondent.open(survey.address).page
    respondent.send(score="9")
    respondent.page = form
    respondent.send(score="9")
    assert [(r.revision, r.nps) for r in stored()] == [(1, 9)]
    respondent.page = form
    respondent.send(score="10")
    assert [(r.revision, r.nps) for r in stored()] == [(2, 10)]


def test_a_part_filled_form_becomes_the_finished_response_and_a_late_save_does_not_change_it(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    fields = respondent.open(survey.address).fields()
    path = f"/s/{survey.address}/progress"
    respondent.post(path, {**fields, "q_happy": "3"}, expect=204)
    assert [(r.state, r.answers) for r in stored()] == [("partial", {"q_happy": 3})]
    respondent.post(f"/s/{survey.address}", {**fields, "_revision": "2", "q_score": "9"}, expect=303)
    respondent.post(path, {**fields, "_revision": "3", "q_happy": "1"}, expect=204)
    assert [(r.state, r.answers) for r in stored()] == [("finished", {"q_score": 9, "q_okay": False})]


def test_a_form_of_an_older_version_is_still_taken(
    respondent: Respondent, survey: Survey, stored: Stored, session: Session
) -> None:
    respondent.open(survey.address)
    before = survey.live_version_id
    survey.draft = everything(thanks={"en": "Goodbye", "de": "Servus"})
    session.flush()
    publishing.publish(session, survey)
    respondent.send(score="7")
    assert stored()[0].version_id == before != survey.live_version_id


def test_a_survey_that_closed_in_the_meantime_takes_nothing(
    respondent: Respondent, survey: Survey, stored: Stored, session: Session
) -> None:
    respondent.open(survey.address)
    publishing.withdraw(session, survey)
    session.flush()
    assert "closed" in respondent.send(score="9", expect=410).text
    assert stored() == []


def test_an_old_form_comes_back_with_the_answers_and_can_be_sent_then(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address)
    with time_machine.travel(clock.now() + timedelta(days=8)):
        respondent.send(score="9", name="Ada", expect=422)
        assert "open for a long time" in respondent.text
        assert stored() == []
        respondent.send()
        assert stored()[0].texts == {"q_name": "Ada"}


def test_too_many_from_one_address_are_told_to_wait_and_keep_what_they_typed(
    joined: Services, acme: TenantRef, survey: Survey, stored: Stored
) -> None:
    app = create_app(replace(joined, settings=replace(joined.settings, answers_per_minute=2)))
    for _ in range(2):
        Respondent(app, acme).open(survey.address).send(score="9")
    late = Respondent(app, acme).open(survey.address).send(score="3", whyy="slow", expect=429)
    assert late.page is not None
    assert 0 < int(late.page.headers["Retry-After"]) <= 60
    assert late.fields()["q_whyy"] == "slow"
    assert len(stored()) == 2


def test_answers_still_pass_without_valkey(
    joined: Services, acme: TenantRef, survey: Survey, stored: Stored
) -> None:
    nowhere = replace(joined.settings, valkey_url="redis://127.0.0.1:1/0", answers_per_minute=3)
    app = create_app(replace(joined, settings=nowhere))
    for _ in range(3):
        Respondent(app, acme).open(survey.address).send(score="9")
    assert len(stored()) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"_token": None},
        {"_token": ""},
        {"_token": "x" * 71},
        {"_token": "ä" * 60},
        {"_token": "A" * 5000},
        {"_revision": "0"},
        {"_revision": "-1"},
        {"_revision": "1e9"},
        {"_revision": "٣"},
        {"q_score": "11"},
        {"q_score": ["1", "2"]},
        {"q_score": "9\x00"},
        {"q_best": "nothing like that"},
        {"q_seen": ["web"] * 50},
        {"q_nobody": "1"},
        {"constructor": "1"},
        {"q_name": "x" * 21},
    ],
    ids=str,
)
def test_a_hostile_field_is_refused_and_nothing_is_stored(
    respondent: Respondent, survey: Survey, stored: Stored, change: dict[str, Any]
) -> None:
    respondent.open(survey.address).send(change={"q_score": "9", **change}, expect=422)
    assert stored() == []


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"q_score=%ff%fe", "application/x-www-form-urlencoded", 422),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded", 422),
        (b"a=1&" * 3000, "application/x-www-form-urlencoded", 422),
        (b"q_score=" + b"9" * 1_100_000, "application/x-www-form-urlencoded", 413),
        (b'{"q_score": 9}', "application/json", 422),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 422),
        (b"", "", 422),
    ],
    ids=str,
)
def test_a_hostile_body_is_refused_with_a_code(
    respondent: Respondent, survey: Survey, stored: Stored, data: bytes, kind: str, status: int
) -> None:
    headers = {"Accept": "application/json"}
    respondent.post(f"/s/{survey.address}", data, content_type=kind, headers=headers, expect=status)
    assert respondent.page is not None
    assert respondent.page.json
    assert respondent.page.json["code"] in ("unreadable_form", "too_large")
    assert stored() == []


def test_a_token_is_worth_nothing_at_another_survey_or_tenant(
    respondent: Respondent, survey: Survey, stored: Stored, session: Session
) -> None:
    from surveys import surveys

    other = surveys.create_from_document(session, "Other", document([question("score", "nps")]), zone="UTC")
    publishing.publish(session, other)
    token = respondent.open(other.address).fields()["_token"]
    respondent.open(survey.address).send(score="9", change={"_token": token}, expect=422)
    assert "does not belong to this survey" in respondent.text
    assert stored() == []
