"""Contacts, timelines and tasks for programs."""

import pytest
from sqlalchemy import func, select

from customers import people
from customers.models import Interaction
from tenants.permissions import SYSTEM
from tests.web.api.story import some_id
from tests.web.story import add_member
from web import registries

SAID = "2026-03-04T17:42:10Z"
DUE = "2027-03-05T09:00:00Z"


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


@pytest.fixture
def ann(session):
    person = people.add(session, by=SYSTEM, name="Ann Lee")
    session.flush()
    return person


def chat(**more):
    lines = [
        {"who": "Ann", "text": "Where is\nmy parcel?", "at": "2026-03-04T17:42:10Z"},
        {"who": "Bo", "text": "Here"},
    ]
    return {"channel": "chat", "direction": "in", "summary": "Parcel", "messages": lines, **more}


def log(program, person, *, expect=201, key="", **more):
    return program.call("POST", "interactions.log_interaction", person, expect=expect, json=chat(**more), key=key)


def test_a_chat_is_logged_once_by_its_key_or_by_the_header(program, session, ann):
    first = log(program, ann, key="again")
    assert [line["text"] for line in first["messages"]] == ["Where is\nmy parcel?", "Here"]
    assert log(program, ann, key="again") == first
    with_own = {**chat(), "key": "conversation-1"}
    made = [program.call("POST", "interactions.log_interaction", ann, expect=201, json=with_own) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert session.scalar(select(func.count()).select_from(Interaction)) == 2
    other = people.add(session, by=SYSTEM, name="Bo")
    refused = program.call("POST", "interactions.log_interaction", other, expect=409, json=with_own)
    assert refused["code"] == "interaction_key_used"
    page = program.call("GET", "interactions.list_interactions", ann, query_string={"limit": 1})
    rest = program.call(
        "GET", "interactions.list_interactions", ann, query_string={"limit": 1, "cursor": page["next_cursor"]}
    )
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {first["id"], made[0]["id"]}
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"messages": [{"who": "Ann", "text": "é" * 110_000}]}, "messages"),
        ({"messages": [{"who": "Ann", "text": "x", "at": "yesterday"}]}, "messages.0.at"),
        ({"messages": [{"text": "x"}]}, "messages.0.who"),
        ({"at": "2190-01-01T00:00:00Z"}, "at"),
        ({"summary": "nul\x00"}, "summary"),
        ({"channel": "pigeon"}, "channel"),
        ({"files": []}, "files"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_is(program, session, ann, given, field):
    problem = log(program, ann, expect=422, **given)
    assert list(problem["errors"]) == [field]
    assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def test_a_program_changes_what_it_logged_and_deletes_it(program, ann):
    made = log(program, ann)
    seen = program.send("GET", f"/api/v1/interactions/{made['id']}", expect=200).headers["ETag"]
    change = {"json": {"summary": "About beans"}, "headers": {"If-Match": seen}}
    done = program.call("PATCH", "interactions.change_interaction", made["id"], **change)
    assert done["summary"] == "About beans"
    program.call("PATCH", "interactions.change_interaction", made["id"], expect=412, **change)
    program.send("DELETE", f"/api/v1/interactions/{made['id']}", expect=204)
    program.call("GET", "interactions.get_interaction", made["id"], expect=404)


def test_a_timeline_tells_of_contacts_and_tasks(program, session, ann):
    owner = add_member(session, "editor").id
    log(program, ann, at="2026-03-04T17:42:10Z")
    asked = {
        "what": "Call back",
        "due_at": DUE,
        "owner_id": str(owner),
        "person_id": str(ann.id),
    }
    program.call("POST", "tasks.create_task", expect=201, json=asked)
    found = program.call("GET", "interactions.get_person_timeline", ann)["items"]
    assert [entry["kind"] for entry in found] == ["task", "person", "interaction"]
    only = program.call("GET", "interactions.get_person_timeline", ann, query_string={"channel": "chat"})["items"]
    assert [entry["data"]["summary"] for entry in only] == ["Parcel"]
    program.call("GET", "interactions.get_person_timeline", some_id(), expect=404)


def test_a_task_is_made_once_handed_on_and_ended(program, session, ann):
    first, second = add_member(session, "editor").id, add_member(session, "admin").id
    asked = {
        "what": "Call back",
        "due_at": DUE,
        "owner_id": str(first),
        "person_id": str(ann.id),
    }
    made = [program.call("POST", "tasks.create_task", expect=201, json={**asked, "key": "t-1"}) for _ in range(2)]
    assert made[0] == made[1]
    task = made[0]["id"]
    seen = program.send("GET", f"/api/v1/tasks/{task}", expect=200).headers["ETag"]
    moved = program.call(
        "PATCH", "tasks.change_task", task, json={"owner_id": str(second)}, headers={"If-Match": seen}
    )
    assert moved["owner_id"] == str(second)
    nobody = {**asked, "owner_id": some_id()}
    assert program.call("POST", "tasks.create_task", expect=422, json=nobody)["errors"].keys() == {"owner_id"}
    done = {"json": {"outcome": "solved", "note": "Done"}}
    program.call("POST", "tasks.complete_task", task, expect=428, **done)
    program.call("POST", "tasks.complete_task", task, expect=412, headers={"If-Match": seen}, **done)
    seen = program.send("GET", f"/api/v1/tasks/{task}", expect=200).headers["ETag"]
    ended = program.send("POST", f"/api/v1/tasks/{task}/completion", expect=200, headers={"If-Match": seen}, **done)
    found, late = ended.get_json(), {"headers": {"If-Match": ended.headers["ETag"]}}
    assert (found["state"], found["outcome"], found["note"]) == ("done", "solved", "Done")
    assert program.call("POST", "tasks.cancel_task", task, expect=409, **late)["code"] == "task_is_over"
    program.call("DELETE", "tasks.reopen_task", task, expect=412, headers={"If-Match": seen})
    assert program.call("DELETE", "tasks.reopen_task", task, **late)["state"] == "open"
    mine = {"owner_id": str(second), "state": "open", "person_id": str(ann.id)}
    assert [row["id"] for row in program.call("GET", "tasks.list_tasks", query_string=mine)["items"]] == [task]
    assert program.call("GET", "tasks.list_tasks", query_string={"owner_id": str(first)})["items"] == []
