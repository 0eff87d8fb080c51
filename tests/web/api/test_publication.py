"""Versions and publication through the API."""

from tests.web.api.story import DEFINITION


def test_publishing_makes_a_version_and_shows_it(program, visitor, acme):
    survey = program.survey()
    version = program.call("POST", "versions.publish_survey", survey["id"], expect=201, json={"draft_revision": 1})
    assert (version["number"], version["live"], version["definition"]) == (1, True, DEFINITION)
    assert program.call("GET", "versions.get_version", survey["id"], 1) == version
    assert program.call("GET", "surveys.get_survey", survey["id"])["live_version_id"] == version["id"]
    publication = program.call("GET", "versions.get_publication", survey["id"])
    assert publication["live"]
    assert not publication["has_unpublished_changes"]
    assert publication["version"]["number"] == 1
    assert "Would you recommend us?" in visitor().at(acme).get(f"/s/{survey['address']}").text


def test_publishing_an_unchanged_draft_makes_no_new_version(program):
    survey = program.survey()
    first = program.call("POST", "versions.publish_survey", survey["id"], expect=201)
    assert program.call("POST", "versions.publish_survey", survey["id"], expect=201) == first
    assert len(program.call("GET", "versions.list_versions", survey["id"])["items"]) == 1


def test_versions_are_listed_in_pages_newest_first_without_their_definitions(program):
    survey = program.survey()
    for number in (1, 2, 3):
        program.call("POST", "versions.publish_survey", survey["id"], expect=201)
        changed = {**DEFINITION, "title": {"en": f"Title {number}", "de": f"Titel {number}"}}
        body = {"definition": changed, "draft_revision": number}
        program.call("PUT", "surveys.replace_draft", survey["id"], json=body)
    page = program.call("GET", "versions.list_versions", survey["id"], query_string={"limit": 2})
    assert [(one["number"], one["live"]) for one in page["items"]] == [(3, True), (2, False)]
    assert "definition" not in page["items"][0]
    query = {"limit": 2, "cursor": page["next_cursor"]}
    last = program.call("GET", "versions.list_versions", survey["id"], query_string=query)
    assert [one["number"] for one in last["items"]] == [1]
    assert last["next_cursor"] is None


def test_what_stands_against_publishing_is_named_by_json_pointer(program):
    survey = program.call("POST", "surveys.create_survey", expect=201, json={"name": "Empty"})
    problem = program.call("POST", "versions.publish_survey", survey["id"], expect=422)
    assert problem["code"] == "survey_not_publishable"
    assert problem["errors"]
    assert all(pointer == "" or pointer.startswith("/") for pointer in problem["errors"])
    assert program.call("GET", "surveys.get_draft", survey["id"])["problems"] == problem["errors"]
    assert program.call("GET", "versions.list_versions", survey["id"])["items"] == []


def test_only_the_draft_that_was_seen_is_published(program):
    survey = program.survey()
    code = program.refused("POST", "versions.publish_survey", survey["id"], expect=409, json={"draft_revision": 2})
    assert code == "survey_draft_changed"
    assert not program.call("GET", "versions.get_publication", survey["id"])["live"]


def test_a_withdrawn_survey_takes_no_answers_until_it_is_opened_again(program):
    survey = program.live_survey()
    for _ in range(2):
        withdrawn = program.call("DELETE", "versions.withdraw_publication", survey["id"])
        assert (withdrawn["live"], withdrawn["version"]) == (False, None)
    assert program.answer(survey, 9, expect=409)["code"] == "survey_not_live"
    assert program.call("POST", "versions.open_publication", survey["id"])["version"]["number"] == 1
    program.answer(survey, 9)


def test_a_version_that_is_not_there_is_a_404(program):
    survey = program.live_survey()
    assert program.refused("GET", "versions.get_version", survey["id"], 2, expect=404) == "survey_version_not_found"
    for odd in ("0", "-1", "x", "99999999999999999999", "1.0"):
        program.send("GET", f"/api/v1/surveys/{survey['id']}/versions/{odd}", expect=404)


def test_publishing_and_withdrawing_stand_in_the_audit_log(program, joined, acme):
    from contextvars import Context
    from uuid import UUID

    from tenants import audit

    survey = program.live_survey()
    program.call("DELETE", "versions.withdraw_publication", survey["id"])

    def entries():
        with joined.db.tenant_session(acme) as session:
            return [(entry.action, entry.actor_kind) for entry in audit.list_about(session, UUID(survey["id"]))]

    assert Context().run(entries) == [
        ("survey.withdrawn", "api_key"),
        ("survey.published", "api_key"),
        ("survey.created", "api_key"),
    ]
