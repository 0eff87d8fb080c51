"""Surveys and drafts through the API."""

import pytest

from tests.web.api.story import DEFINITION, some_id


def test_a_survey_starts_from_a_definition_a_template_or_nothing(program):
    ours = program.survey(address="cafe-visit")
    assert (ours["name"], ours["address"], ours["state"]) == ("After your visit", "cafe-visit", "draft")
    assert ours["url"].startswith("http://acme.")
    assert ours["url"].endswith("/s/cafe-visit")
    assert program.call("GET", "surveys.get_survey", ours["id"]) == ours
    draft = program.call("GET", "surveys.get_draft", ours["id"])
    assert draft["definition"] == DEFINITION
    assert draft["problems"] == {}
    template = program.call("POST", "surveys.create_survey", expect=201, json={"name": "Score", "template": "nps"})
    kinds = program.call("GET", "surveys.get_draft", template["id"])["definition"]["blocks"][0]["questions"]
    assert kinds[0]["type"] == "nps"
    empty = program.call("POST", "surveys.create_survey", expect=201, json={"name": "Empty", "language": "de"})
    blank = program.call("GET", "surveys.get_draft", empty["id"])
    assert blank["definition"]["default_language"] == "de"
    assert blank["problems"]


def test_where_a_new_survey_stands_is_said_in_a_header(program):
    answer = program.send("POST", "api_v1.surveys.create_survey", expect=201, json={"name": "Here"})
    assert program.send("GET", answer.headers["Location"], expect=200).get_json() == answer.get_json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x", "address": "Not An Address"}, "address"),
        ({"name": "x", "template": "nps", "definition": DEFINITION}, "template"),
        ({"name": "x", "colour": "red"}, "colour"),
        ({"name": "x", "definition": []}, "definition"),
        ({"name": "x", "definition": {}}, "/format"),
        ({"name": "x", "definition": {**DEFINITION, "extra": 1}}, "/extra"),
        ({"name": "x", "language": "klingon!"}, "/default_language"),
    ],
)
def test_what_a_survey_cannot_start_from_is_named_and_nothing_is_stored(program, body, field):
    before = program.call("GET", "surveys.list_surveys")["items"]
    problem = program.call("POST", "surveys.create_survey", expect=422, json=body)
    assert field in problem["errors"]
    assert program.call("GET", "surveys.list_surveys")["items"] == before


def test_an_unknown_template_and_a_taken_address_are_said(program):
    program.survey(address="taken")
    bad_template = {"name": "x", "template": "nothing"}
    assert program.refused("POST", "surveys.create_survey", expect=404, json=bad_template) == "template_not_found"
    again = {"name": "x", "address": "taken"}
    assert program.refused("POST", "surveys.create_survey", expect=409, json=again) == "survey_address_taken"


def test_surveys_are_listed_in_pages_newest_first(program):
    names = [f"Survey {number}" for number in range(5)]
    for name in names:
        program.survey(name)
    seen, cursor = [], None
    while True:
        query = {"limit": 2, "search": "Survey", **({"cursor": cursor} if cursor else {})}
        page = program.call("GET", "surveys.list_surveys", query_string=query)
        assert len(page["items"]) <= 2
        seen += [survey["name"] for survey in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names[::-1]


def test_a_cursor_is_worth_nothing_in_another_list_with_other_filters_or_at_another_tenant(program, other_program):
    for number in range(3):
        program.survey(f"Survey {number}")
    cursor = program.call("GET", "surveys.list_surveys", query_string={"limit": 1})["next_cursor"]
    assert program.call("GET", "surveys.list_surveys", query_string={"limit": 2, "cursor": cursor})["items"]
    survey = program.survey()
    for who, operation, path, query in (
        (program, "surveys.list_surveys", (), {"search": "x"}),
        (program, "versions.list_versions", (survey["id"],), {}),
        (program, "responses.list_responses", (survey["id"],), {}),
        (other_program, "surveys.list_surveys", (), {}),
    ):
        code = who.refused("GET", operation, *path, expect=422, query_string={**query, "cursor": cursor})
        assert code == "bad_cursor"


ODD_QUERIES = "cursor=x cursor= cursor=%00 cursor=a.b limit=0 limit=201 limit=many limit=1e9999 archived=x"


@pytest.mark.parametrize("query", [*ODD_QUERIES.split(), "sort=x", "search=%00", "cursor=" + "x" * 600])
def test_odd_parameters_of_a_list_are_a_422(program, query):
    assert program.call("GET", "surveys.list_surveys", query_string=query, expect=422)["errors"]


def test_a_survey_is_renamed_moved_archived_and_taken_back(program):
    survey = program.live_survey()
    changed = program.call("PATCH", "surveys.change_survey", survey["id"], json={"name": "New", "address": "new"})
    assert (changed["name"], changed["address"], changed["state"]) == ("New", "new", "live")
    assert program.call("POST", "surveys.archive_survey", survey["id"])["state"] == "archived"
    assert program.call("POST", "surveys.archive_survey", survey["id"])["state"] == "archived"
    listed = program.call("GET", "surveys.list_surveys", query_string={"archived": "true"})["items"]
    assert [one["id"] for one in listed] == [survey["id"]]
    assert program.refused("POST", "versions.publish_survey", survey["id"], expect=409) == "survey_archived"
    assert program.call("DELETE", "surveys.restore_survey", survey["id"])["state"] == "withdrawn"
    assert program.call("PATCH", "surveys.change_survey", survey["id"], json={}, expect=422)


def test_a_survey_with_answers_is_deleted_only_by_name(program):
    survey = program.live_survey()
    program.answer(survey, 9)
    assert program.refused("DELETE", "surveys.delete_survey", survey["id"], expect=409) == "survey_has_responses"
    program.call(
        "DELETE", "surveys.delete_survey", survey["id"], expect=204, query_string={"confirm": survey["name"]}
    )
    assert program.refused("GET", "surveys.get_survey", survey["id"], expect=404) == "survey_not_found"


def test_a_draft_is_replaced_only_by_who_has_seen_it(program):
    survey = program.survey()
    answer = program.send("GET", "api_v1.surveys.get_draft", survey["id"], expect=200)
    assert answer.headers["ETag"] == '"1"'
    changed = {**DEFINITION, "title": {"en": "Hello"}}
    saved = program.send("PUT", "api_v1.surveys.replace_draft", survey["id"], expect=200,
                         json={"definition": changed}, headers={"If-Match": '"1"'})  # fmt: skip
    assert saved.headers["ETag"] == '"2"'
    assert saved.get_json()["definition"] == changed

    def refused(expect, headers=None, **body):
        body = {"definition": DEFINITION, **body}
        return program.refused(
            "PUT", "surveys.replace_draft", survey["id"], expect=expect, json=body, headers=headers or {}
        )

    assert refused(412, {"If-Match": '"1"'}) == "precondition_failed"
    assert refused(412, {"If-Match": 'W/"2"'}) == "precondition_failed"
    assert refused(412, {"If-Match": "2 or so"}) in {"precondition_failed"}
    assert refused(428) == "precondition_required"
    assert refused(409, draft_revision=1) == "survey_draft_changed"
    assert refused(409, {"If-Match": '"2"'}, draft_revision=1) == "survey_draft_changed"
    assert program.call("GET", "surveys.get_draft", survey["id"])["definition"] == changed
    program.call("PUT", "surveys.replace_draft", survey["id"], json={"definition": DEFINITION, "draft_revision": 2})


def test_problems_of_a_draft_are_named_by_json_pointer_and_nothing_is_stored(program):
    survey = program.survey()
    broken = {**DEFINITION, "blocks": [{"id": "b_main", "questions": [{"id": "q_1", "type": "nps"}]}]}
    problem = program.call("PUT", "surveys.replace_draft", survey["id"], expect=422,
                           json={"definition": broken, "draft_revision": 1})  # fmt: skip
    assert problem["code"] == "definition_invalid"
    assert set(problem["errors"]) == {"/blocks/0/questions/0/code", "/blocks/0/questions/0/text"}
    assert program.call("GET", "surveys.get_draft", survey["id"])["draft_revision"] == 1


def test_what_belongs_to_another_tenant_is_not_there(program, other_program):
    theirs = other_program.live_survey()
    response = other_program.answer(theirs, 10)
    for method, operation, *path in (
        ("GET", "surveys.get_survey"),
        ("PATCH", "surveys.change_survey"),
        ("DELETE", "surveys.delete_survey"),
        ("POST", "surveys.archive_survey"),
        ("DELETE", "surveys.restore_survey"),
        ("GET", "surveys.get_draft"),
        ("PUT", "surveys.replace_draft"),
        ("GET", "versions.list_versions"),
        ("POST", "versions.publish_survey"),
        ("GET", "versions.get_version", 1),
        ("GET", "versions.get_publication"),
        ("POST", "versions.open_publication"),
        ("DELETE", "versions.withdraw_publication"),
        ("GET", "responses.list_responses"),
        ("POST", "responses.create_response"),
        ("GET", "responses.get_response", response["id"]),
        ("GET", "results.get_results"),
    ):
        bodies = {
            "surveys.change_survey": {"name": "Mine"},
            "surveys.replace_draft": {"definition": DEFINITION, "draft_revision": 1},
            "responses.create_response": {"answers": {"q_score": 9}},
        }
        options = {"json": bodies[operation]} if operation in bodies else {}
        for survey_id in (theirs["id"], some_id()):
            assert program.refused(method, operation, survey_id, *path, expect=404, **options) == "survey_not_found"
    assert other_program.call("GET", "surveys.get_survey", theirs["id"])["name"] == theirs["name"]


@pytest.mark.parametrize(
    "odd", ["1", "x", "%00", "0192f0c1-7a4e", "../../console", "0192F0C17A4E7C3B9D0A3F1C5B8E2A44"]
)
def test_an_odd_id_is_a_404(program, odd):
    program.send("GET", f"/api/v1/surveys/{odd}", expect=404)
    program.send("GET", f"/api/v1/surveys/{odd}/results", expect=404)
