"""Tasks on pages: mine first, done in two clicks, handed on, opened again; what waits stands on Home."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from customers import interactions, people, tasks
from customers.models import Task
from customers.revisions import revision_of
from infra import clock
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.web.story import add_member, text_of
from web import registries


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


@pytest.fixture
def ann(session):
    person = people.add(session, by=SYSTEM, name="Ann Lee")
    session.flush()
    return person


def add(session, person, owner_id, **given):
    asked = {"what": "Call back", "due_at": clock.now(), "owner_id": owner_id, "person_id": person.id, **given}
    made = tasks.add(session, by=SYSTEM, **asked)
    session.flush()
    return made


def test_my_tasks_stand_by_what_is_due_and_home_says_what_waits(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    colleague = add_member(session, "editor").id
    add(session, ann, editor.member_id, what="Next week", due_at=clock.now() + timedelta(days=6))
    add(session, ann, editor.member_id, what="Late", due_at=clock.now() - timedelta(days=3))
    add(session, ann, colleague, what="Not mine")
    page = editor.get("console.tasks.index").text
    assert page.index("Late") < page.index("Next week")
    assert "Not mine" not in page
    assert "Overdue" in page
    everybody = text_of(editor.get("/console/tasks?whose=all"))
    assert "Not mine" in everybody
    assert "Not mine" in text_of(editor.get(f"/console/tasks?whose={colleague}"))
    late = text_of(editor.get("/console/tasks?due=overdue"))
    assert "Late" in late
    assert "Next week" not in late
    assert "One task of yours is overdue." in text_of(editor.get("console.home.index"))


def test_a_task_is_done_in_two_clicks_and_comes_back_by_undo(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    task = add(session, ann, editor.member_id)
    page = editor.get("console.tasks.index")
    done = editor.submit(page, f"/tasks/{task.id}/completion", outcome="reached")
    assert done.location == "/console/tasks"
    session.refresh(task)
    assert (task.state, task.outcome) == ("done", "reached")
    after = editor.get(done.location)
    editor.submit(after, f"/tasks/{task.id}/reopening")
    session.refresh(task)
    assert task.state == "open"
    assert "Choose how it ended" in text_of(
        editor.post("console.tasks.finish", task, data={"outcome": "", "note": "Kept"}, expect=422)
    )


def test_a_task_is_made_changed_and_handed_on(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    heir = add_member(session, "admin").id
    form = editor.get(f"/console/tasks/new?person={ann.id}")
    for _ in range(2):
        made = editor.submit(form, "/console/tasks", what="Send beans", due="2027-03-05", owner="")
    task = session.scalars(select(Task)).one()
    assert made.location.endswith(str(task.id))
    seen = revision_of(task)
    changed = {"revision": seen, "what": "Send tea", "due": "2027-03-06T10:30", "owner": str(heir)}
    editor.post("console.tasks.save", task, data=changed)
    session.refresh(task)
    assert (task.what, task.owner_id) == ("Send tea", heir)
    stale = editor.post("console.tasks.save", task, data={**changed, "what": "Send milk"}, expect=409)
    assert "Send milk" in stale.text
    assert "Stored now, where it differs from what you typed: What is to be done Send tea" in text_of(stale)
    now = BeautifulSoup(stale.text, "html.parser").find("form", action=re.compile(f"{task.id}$"))
    decided = now.find("input", {"name": "revision"})["value"]
    editor.post("console.tasks.save", task, data={**changed, "what": "Send milk", "revision": decided})
    session.refresh(task)
    assert task.what == "Send milk"
    editor.post("console.tasks.hand_on", task, data={"owner": str(editor.member_id)})
    session.refresh(task)
    assert task.owner_id == editor.member_id
    wrong = editor.post("console.tasks.hand_on", task, data={"owner": str(new_id())}, expect=422)
    assert "Choose a colleague" in text_of(wrong)
    editor.post("console.tasks.cancel", task, data={"note": "Moved away"})
    assert "Moved away" in text_of(editor.get("console.tasks.task", task))


def test_of_two_who_end_a_task_differently_the_second_is_told_and_loses_no_note(as_staff, session, acme, ann):
    one, two = as_staff("editor").at(acme), as_staff("editor").at(acme)
    task = add(session, ann, one.member_id)
    page, listed = two.get("console.tasks.task", task), one.get("/console/tasks")
    one.submit(listed, "/completion", outcome="solved")
    told = two.submit(page, "/completion", expect=409, outcome="not_reached", note="No answer")
    said = text_of(told)
    assert "Somebody else has changed this task in the meantime." in said
    assert "No answer" in said
    session.refresh(task)
    assert (task.outcome, task.ended_by) == ("solved", one.member_id)
    one.submit(listed, "/completion", outcome="solved")  # pressed twice
    seen = BeautifulSoup(page.text, "html.parser").find("input", {"name": "revision"})["value"]
    two.post("console.tasks.cancel", task, data={"revision": seen}, expect=409)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"what": ""}, "fill this in"),
        ({"due": ""}, "until when"),
        ({"due": "05.03.2027"}, "Choose a date"),
        ({"person": ""}, "choose one"),
        ({"due": "2199-01-01"}, "within ten years"),
    ],
)
def test_what_is_wrong_with_a_new_task_stands_beside_its_field(as_staff, session, acme, ann, given, says):
    form = {"key": "0" * 32, "person": str(ann.id), "what": "Call", "due": "2027-03-05", "owner": "", **given}
    answer = as_staff("editor").at(acme).post("console.tasks.create", data=form, expect=422)
    assert says in text_of(answer)
    assert session.scalars(select(Task)).all() == []


def test_an_analyst_reads_tasks_and_changes_none(as_staff, session, acme, ann):
    task = add(session, ann, add_member(session, "editor").id)
    analyst = as_staff("analyst").at(acme)
    page = analyst.get("console.tasks.task", task)
    assert BeautifulSoup(page.text, "html.parser").find("main").find("form") is None
    analyst.post("console.tasks.finish", task, data={"outcome": "reached"}, expect=403)
    as_staff("viewer").at(acme).get("console.tasks.index", expect=403)


def test_the_time_to_contact_is_said_with_its_uncertainty(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    assert "no tasks about customers" in text_of(editor.get("console.tasks.index"))
    for hours in range(1, 9):
        bo = people.add(session, by=SYSTEM, name=f"Bo {hours}")
        task = add(session, bo, editor.member_id)
        task.created_at = clock.now() - timedelta(days=2)
        session.flush()
        at = task.created_at + timedelta(hours=hours)
        interactions.log(session, bo, channel="call", direction="out", summary="Hello", by=SYSTEM, at=at)
    page = text_of(editor.get("console.tasks.index"))
    assert "Half of the tasks had a contact after 4 hours." in page
    assert re.search(r"Within 24 hours 100% \(68% to 100%\)", page)


def test_all_tasks_of_a_customer_are_found_page_by_page(as_staff, session, acme, ann, monkeypatch):
    from web.console.tasks import listing

    monkeypatch.setattr(listing, "PAGE", 2)
    owner, analyst = add_member(session, "editor").id, as_staff("analyst").at(acme)
    for number in range(3):
        add(session, ann, owner, what=f"Waits {number}", due_at=clock.now() + timedelta(days=number))
        over = add(session, ann, owner, what=f"Over {number}")
        verb = tasks.cancel if number else tasks.finish
        verb(session, over, by=SYSTEM, **({} if number else {"outcome": "solved"}))
    session.flush()
    first = analyst.get("console.tasks.of_person", ann)
    seen = set(re.findall(r"(?:Waits|Over) \d", first.text))
    assert len(seen) == 4
    links = [str(link["href"]) for link in BeautifulSoup(first.text, "html.parser").select("a[rel=next]")]
    for link in links:
        seen |= set(re.findall(r"(?:Waits|Over) \d", analyst.get(link).text))
    assert (len(links), len(seen)) == (2, 6)
    assert "Waits 0" in analyst.get(f"/console/tasks/of/{ann.id}?open=made-up").text
