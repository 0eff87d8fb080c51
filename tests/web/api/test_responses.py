"""Responses through the API: the public page's rules, told to programs."""

from datetime import date

import pytest

from tests.web.api.story import some_id


def send(program, survey, *, expect=201, key="", **body):
    return program.call("POST", "responses.create_response", survey["id"], expect=expect, json=body, key=key)


def read(program, survey, receipt):
    return program.call("GET", "responses.get_response", survey["id"], receipt["id"])


def count(program, survey):
    return len(program.call("GET", "responses.list_responses", survey["id"])["items"])


def test_a_response_is_stored_in_codes_with_its_score(program):
    survey = program.live_survey()
    receipt = send(
        program, survey, language="de", answers={"q_score": "3", "q_reason": " Zu spät. ", "q_place": "cafe"}
    )
    assert (receipt["state"], receipt["revision"]) == ("finished", 1)
    response = read(program, survey, receipt)
    assert response["answers"] == {"q_score": 3, "q_place": "cafe"}
    assert response["texts"] == {"q_reason": "Zu spät."}
    assert (response["nps"], response["csat"], response["ces"]) == (3, None, None)
    assert (response["language"], response["source"]) == ("de", "api")
    assert response["version_id"] == receipt["version_id"]
    assert response["finished_at"] is not None


def test_answers_off_the_way_are_dropped(program):
    survey = program.live_survey()
    receipt = send(program, survey, answers={"q_score": 10, "q_reason": "Nobody asked me this."})
    assert read(program, survey, receipt)["texts"] == {}


@pytest.mark.parametrize(
    ("answers", "question"),
    [
        ({}, "q_score"),
        ({"q_score": 6}, "q_reason"),
        ({"q_score": 11}, "q_score"),
        ({"q_score": 9.5}, "q_score"),
        ({"q_score": True}, "q_score"),
        ({"q_score": [9]}, "q_score"),
        ({"q_score": {"a": 1}}, "q_score"),
        ({"q_score": 9, "q_place": "In the café"}, "q_place"),
        ({"q_score": 9, "q_place": ["cafe", "shop"]}, "q_place"),
        ({"q_score": 9, "q_unknown": 1}, "q_unknown"),
        ({"q_score": 6, "q_reason": "x" * 10_001}, "q_reason"),
        ({"q_score": 6, "q_reason": 7}, "q_reason"),
    ],
)
def test_answers_that_are_missing_or_wrong_are_named_by_question_and_nothing_is_stored(program, answers, question):
    survey = program.live_survey()
    problem = send(program, survey, expect=422, answers=answers)
    assert problem["code"] == "answers_invalid"
    assert list(problem["errors"]) == [question]
    assert count(program, survey) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"answers": []}, "answers"),
        ({"answers": {}, "language": "fr"}, "language"),
        ({"answers": {}, "revision": 0}, "revision"),
        ({"answers": {}, "revision": "1"}, "revision"),
        ({"answers": {}, "submission_key": "mine"}, "submission_key"),
        ({"answers": {}, "started_at": "yesterday"}, "started_at"),
        ({"answers": {}, "started_at": "2026-03-01T09:00:00"}, "started_at"),
        ({"answers": {}, "started_at": "0001-01-01T00:00:00Z"}, "started_at"),
        ({"answers": {}, "started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"answers": {}, "finished": "yes"}, "finished"),
        ({"answers": {}, "score": 9}, "score"),
        ({"answers": {}, "language": None}, "language"),
        ({}, "answers"),
    ],
)
def test_what_is_wrong_around_the_answers_is_named(program, fields, field):
    survey = program.live_survey()
    assert field in send(program, survey, expect=422, **fields)["errors"]
    assert count(program, survey) == 0


def test_a_submission_is_stored_once_and_corrected_by_a_higher_revision(program):
    survey = program.live_survey()
    key = some_id()
    first = send(program, survey, submission_key=key, answers={"q_score": 9})
    assert send(program, survey, submission_key=key, answers={"q_score": 9}) == first
    corrected = send(program, survey, submission_key=key, revision=2, answers={"q_score": 7})
    assert (corrected["id"], corrected["revision"]) == (first["id"], 2)
    assert read(program, survey, corrected)["nps"] == 7
    code = send(program, survey, submission_key=key, revision=2, answers={"q_score": 8}, expect=409)["code"]
    assert code == "submission_revision_taken"
    assert count(program, survey) == 1


def test_a_late_partial_save_does_not_change_a_finished_response(program):
    survey = program.live_survey()
    key = some_id()
    part = send(program, survey, submission_key=key, finished=False, answers={"q_score": 2})
    assert part["state"] == "partial"
    done = send(program, survey, submission_key=key, revision=2, answers={"q_score": 9})
    late = send(program, survey, submission_key=key, revision=3, finished=False, answers={"q_score": 0})
    assert (late["id"], late["state"], late["revision"]) == (done["id"], "finished", 2)
    assert read(program, survey, late)["nps"] == 9


def test_the_idempotency_key_alone_names_the_submission(program):
    survey = program.live_survey()
    first = send(program, survey, key="order-4711", answers={"q_score": 9})
    assert send(program, survey, key="order-4711", answers={"q_score": 9}) == first
    assert (
        send(program, survey, key="order-4711", answers={"q_score": 8}, expect=422)["code"]
        == "idempotency_key_reused"
    )
    assert send(program, survey, key="order-4712", answers={"q_score": 9})["id"] != first["id"]
    assert count(program, survey) == 2


def test_a_submission_key_belongs_to_one_survey(program):
    key = some_id()
    send(program, program.live_survey(), submission_key=key, answers={"q_score": 9})
    other = program.live_survey()
    code = send(program, other, submission_key=key, answers={"q_score": 9}, expect=409)["code"]
    assert code == "submission_key_taken"


def test_answers_to_an_older_version_are_held_to_its_own_questions(program):
    survey = program.live_survey()
    draft = program.call("GET", "surveys.get_draft", survey["id"])
    shorter = draft["definition"]
    shorter["blocks"][0]["questions"].pop()
    program.call("PUT", "surveys.replace_draft", survey["id"], json={"definition": shorter, "draft_revision": 1})
    second = program.call("POST", "versions.publish_survey", survey["id"], expect=201)
    answers = {"q_score": 9, "q_place": "shop"}
    assert "q_place" in send(program, survey, answers=answers, expect=422)["errors"]
    receipt = send(program, survey, answers=answers, version=1)
    assert receipt["version_id"] != second["id"]
    assert send(program, survey, answers=answers, version=3, expect=404)["code"] == "survey_version_not_found"


def test_a_survey_that_was_never_published_takes_nothing_and_a_retry_after_closing_is_answered(program):
    assert send(program, program.survey(), answers={"q_score": 9}, expect=409)["code"] == "survey_not_live"
    survey = program.live_survey()
    key = some_id()
    first = send(program, survey, submission_key=key, answers={"q_score": 9})
    program.call("DELETE", "versions.withdraw_publication", survey["id"])
    assert send(program, survey, submission_key=key, answers={"q_score": 9}) == first
    assert send(program, survey, answers={"q_score": 9}, expect=409)["code"] == "survey_not_live"


def test_responses_are_listed_in_pages_newest_first(program):
    survey = program.live_survey()
    ids = [program.answer(survey, 9)["id"] for _ in range(5)]
    first = program.call("GET", "responses.list_responses", survey["id"], query_string={"limit": 3})
    program.answer(survey, 1)
    query = {"limit": 3, "cursor": first["next_cursor"]}
    second = program.call("GET", "responses.list_responses", survey["id"], query_string=query)
    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_responses_are_filtered_by_state_language_and_day(program):
    survey = program.live_survey()
    english = send(program, survey, answers={"q_score": 9})["id"]
    german = send(program, survey, answers={"q_score": 9}, language="de")["id"]
    part = send(program, survey, answers={}, finished=False)["id"]

    def ids(**query):
        page = program.call("GET", "responses.list_responses", survey["id"], query_string=query)
        return {one["id"] for one in page["items"]}

    assert ids() == {english, german, part}
    assert ids(state="finished") == {english, german}
    assert ids(state="partial") == {part}
    assert ids(language="de") == {german}
    assert ids(**{"from": "2020-01-01", "to": "2099-12-31"}) == {english, german}
    assert ids(to="2020-01-01") == set()
    assert ids(**{"from": date.max.isoformat()}) == set()
    assert ids(**{"from": "0001-01-01", "to": date.max.isoformat()}) == {english, german}


ODD_QUERIES = "state=open from=yesterday from=20260301 to=2026-W09-7 from=2026-02-30 limit=-1 unknown=1 language="


@pytest.mark.parametrize(
    "query", [*ODD_QUERIES.split(), "from=2026-03-02&to=2026-03-01", "language=%00", "cursor=%ff"]
)
def test_odd_filters_are_a_422(program, query):
    survey = program.live_survey()
    assert program.call("GET", "responses.list_responses", survey["id"], query_string=query, expect=422)["errors"]


def test_a_response_is_found_only_under_its_own_survey(program):
    survey, other = program.live_survey(), program.live_survey()
    receipt = program.answer(survey, 9)
    for path in ((other["id"], receipt["id"]), (survey["id"], some_id())):
        assert program.refused("GET", "responses.get_response", *path, expect=404) == "response_not_found"


def test_who_may_only_send_answers_is_not_told_what_others_answered(app, acme, program):
    from tests.web.api.story import Program

    survey = program.live_survey()
    sender = Program(app, "responses.create").at(acme)
    receipt = sender.answer(survey, 9)
    assert not {"answers", "texts", "nps"} & set(receipt)
    assert (
        sender.refused("GET", "responses.get_response", survey["id"], receipt["id"], expect=403) == "scope_missing"
    )
