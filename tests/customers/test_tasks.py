"""Tasks: made once for a key, handed on, ended, told about by mail when they are due."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select

from customers import companies, merging, people, task_reminders, tasks
from customers.models import Task
from customers.revisions import revision_of
from customers.task_errors import TaskChanged, TaskInvalid, TaskIsOver, TaskKeyUsed
from customers.task_queries import TaskFilters, list_tasks
from infra import clock
from infra.ids import new_id
from infra.mail.models import Outbox
from tenants import offboarding, owned, staff
from tenants.permissions import SYSTEM, Actor, of_role
from tests.web.story import add_member
from web import registries


@pytest.fixture
def ann(session):
    return people.add(session, by=SYSTEM, name="Ann Lee", email="ann@example.org")


def actor(session, role="editor"):
    return Actor("staff", add_member(session, role).id, of_role(role))


def add(session, person, by, **given):
    asked = {"what": "Call back", "due_at": clock.now(), "owner_id": by.id, "person_id": person.id, **given}
    return tasks.add(session, by=by, **asked)


def test_a_rule_that_asks_twice_makes_one_task_and_finds_an_owner(session, ann):
    owner = staff.owner_of(session) or add_member(session, "owner")
    asked = {"what": "Call back", "due_at": clock.now(), "person_id": ann.id, "source": "rule", "key": "rule:1"}
    first = tasks.add(session, by=SYSTEM, **asked)
    assert tasks.add(session, by=SYSTEM, **asked) is first
    assert first.owner_id == owner.id
    other = people.add(session, by=SYSTEM, name="Bob")
    with pytest.raises(TaskKeyUsed):
        tasks.add(session, by=SYSTEM, **{**asked, "person_id": other.id})
    merging.merge(session, other.id, ann.id, by=SYSTEM)
    assert tasks.add(session, by=SYSTEM, **{**asked, "person_id": other.id}) is first
    gone = tasks.add(session, by=SYSTEM, **{**asked, "key": "rule:2"}, owner_id=new_id())
    assert gone.owner_id == owner.id


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("what", {"what": " "}),
        ("what", {"what": "x" * 501}),
        ("due_at", {"due_at": clock.now() + timedelta(days=9_000)}),
        ("owner_id", {"owner_id": new_id()}),
        ("person_id", {"person_id": new_id()}),
        ("company_id", {"person_id": None, "company_id": new_id()}),
        ("person_id", {"person_id": None}),
    ],
)
def test_what_cannot_be_stored_is_refused_beside_its_field(session, ann, field, given):
    with pytest.raises(TaskInvalid) as refused:
        add(session, ann, actor(session), **given)
    assert list(refused.value.problems) == [field]


def test_only_who_may_work_on_tasks_can_own_one(session, ann):
    viewer = add_member(session, "viewer")
    with pytest.raises(TaskInvalid):
        add(session, ann, actor(session), owner_id=viewer.id)
    assert viewer not in tasks.workers(session)


def test_a_task_is_changed_done_and_opened_again(session, ann):
    me, colleague = actor(session), actor(session)
    task = add(session, ann, me)
    seen = revision_of(task)
    tasks.change(session, task, by=me, revision=seen, what="Call Ann", owner_id=colleague.id)
    with pytest.raises(TaskChanged):
        tasks.change(session, task, by=me, revision=seen, what="Call")
    with pytest.raises(TaskInvalid):
        tasks.finish(session, task, by=me, outcome="forgotten")
    tasks.finish(session, task, by=colleague, outcome="reached", note="Wants beans")
    assert (task.state, task.outcome, task.note, task.ended_by) == ("done", "reached", "Wants beans", colleague.id)
    ended = task.ended_at
    assert tasks.finish(session, task, by=me, outcome="reached", note="Wants beans").ended_at == ended
    with pytest.raises(TaskIsOver):
        tasks.cancel(session, task, by=me)
    with pytest.raises(TaskIsOver):
        tasks.change(session, task, by=me, what="Again")
    tasks.reopen(session, task, by=me)
    assert (task.state, task.outcome, task.ended_at) == ("open", None, None)
    tasks.cancel(session, task, by=me, note="Moved away")
    assert (task.state, task.note) == ("cancelled", "Moved away")


def test_what_is_due_first_stands_first_page_by_page(session, ann):
    me, begin = actor(session), clock.now()
    made = [add(session, ann, me, due_at=begin + timedelta(hours=hours)) for hours in (5, -3, 1, 4, -2)]
    wanted, seen, after = TaskFilters(state="open", owner_id=me.id), [], None
    for _ in range(3):
        page = list_tasks(session, wanted, after=after, limit=2)
        seen += [task.id for task in page.items]
        after = page.next_cursor
    assert after is None
    assert seen == [made[index].id for index in (1, 4, 2, 3, 0)]
    late = TaskFilters(state="open", owner_id=me.id, before=begin)
    assert len(list_tasks(session, late).items) == 2


def test_open_tasks_of_who_leaves_go_to_an_heir_who_is_told_of_them(session, ann):
    registries.compose()
    me, heir = actor(session), actor(session)
    task, done = add(session, ann, me), add(session, ann, me)
    tasks.finish(session, done, by=me, outcome="solved")
    task_reminders.remind(session)
    assert task.reminded_at is not None
    member = staff.get(session, me.id)
    assert {kind.name: count for kind, count in owned.counts(session, me.id)}["tasks"] == 1
    offboarding.remove(session, member, {"tasks": heir.id}, by=SYSTEM)
    session.refresh(task)
    session.refresh(done)
    assert (task.owner_id, task.reminded_at, done.owner_id) == (heir.id, None, me.id)


def asked_for(session):
    query = select(Outbox).where(Outbox.purpose == task_reminders.DUE_MAIL).order_by(Outbox.id)
    return list(session.scalars(query))


def outgoing(row, acme, settings):
    given = {"purpose": row.purpose, "ref": row.ref_id, "key": row.key, "locale": row.locale}
    return SimpleNamespace(**given, tenant=acme, settings=settings, workspace="Acme")


def test_the_owner_is_told_once_of_all_that_is_due(session, ann, acme, settings):
    member = add_member(session, "editor")
    member.locale, member.zone = "de", "Europe/Berlin"
    me = Actor("staff", member.id, of_role("editor"))
    due = datetime.fromisoformat("2026-03-01T08:00:00+00:00")
    with time_machine.travel(due - timedelta(hours=2), tick=False):
        first, second = add(session, ann, me, due_at=due), add(session, ann, me, due_at=due, what="<b>Beans</b>")
        add(session, ann, me, due_at=due + timedelta(days=1), what="Later")
        task_reminders.remind(session)
        assert asked_for(session) == []
    assert task_reminders.next_at(session) == due
    with time_machine.travel(due + timedelta(minutes=1), tick=False):
        task_reminders.remind(session)
        task_reminders.remind(session)
    [row] = asked_for(session)
    mail = task_reminders.due(session, outgoing(row, acme, settings))
    assert mail.to == member.email
    assert "2" in mail.subject
    assert "Call back" in mail.text
    assert "01.03.2026, 09:00" in mail.text
    assert "Later" not in mail.text
    assert "<b>Beans" not in mail.html
    assert f"/console/tasks/{first.id}" in mail.text
    tasks.finish(session, first, by=me, outcome="reached")
    other = actor(session)
    tasks.change(session, second, by=me, owner_id=other.id)
    assert task_reminders.due(session, outgoing(row, acme, settings)) is None
    assert second.reminded_at is None


def test_a_task_about_a_company_needs_no_person(session):
    me, firm = actor(session), companies.add(session, by=SYSTEM, name="Shop")
    task = tasks.add(session, what="Visit", due_at=clock.now(), owner_id=me.id, company_id=firm.id, by=me)
    assert (task.person_id, task.company_id) == (None, firm.id)
    assert session.get(Task, task.id) is task
