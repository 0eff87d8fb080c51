"""Interactions: logged once, changed by who wrote them for a day, counted for people and their tasks."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, insert, select

from customers import companies, interactions, people, tasks, timeline
from customers.interaction_errors import (
    InteractionChanged,
    InteractionInvalid,
    InteractionIsSettled,
    InteractionKeyUsed,
    InteractionNotFound,
)
from customers.interactions import FollowUp
from customers.models import Interaction, Person, Task
from customers.revisions import revision_of
from customers.task_errors import TaskInvalid
from infra import clock
from infra.events.models import Event
from infra.ids import new_id
from tenants.permissions import SYSTEM, Actor, of_role
from tests.web.story import add_member
from web import registries


def actor(session, role="editor"):
    return Actor("staff", add_member(session, role).id, of_role(role))


@pytest.fixture
def ann(session):
    acme_shop = companies.add(session, by=SYSTEM, name="Shop")
    return people.add(session, by=SYSTEM, name="Ann Lee", email="ann@example.org", company_id=acme_shop.id)


def log(session, person, by, **given):
    asked = {"channel": "call", "direction": "in", "summary": "Asked for beans", **given}
    return interactions.log(session, person, by=by, **asked)


def test_a_call_is_logged_and_the_person_was_last_in_contact_then(session, ann):
    me, at = actor(session), clock.now() - timedelta(hours=2)
    call = log(session, ann, me, at=at, summary="  Asked\r\nfor beans ")
    assert (call.summary, call.staff_id, call.company_id) == ("Asked\nfor beans", me.id, ann.company_id)
    session.refresh(ann)
    assert ann.last_contact_at == at
    log(session, ann, me, at=at - timedelta(days=3))
    session.refresh(ann)
    assert ann.last_contact_at == at
    kinds = session.scalars(select(Event.kind).where(Event.subject_id == call.id)).all()
    assert kinds == ["customers.interaction_logged"]


def test_what_is_sent_twice_is_there_once_with_its_task(session, ann):
    me = actor(session)
    wanted = FollowUp("Send a sample", clock.now() + timedelta(days=1), me.id)
    first = log(session, ann, me, key="k-1", follow_up=wanted)
    assert log(session, ann, me, key="k-1", follow_up=wanted) is first
    made = session.scalars(select(Task)).one()
    assert (made.source_ref, made.person_id, made.owner_id) == (first.id, ann.id, me.id)
    other = people.add(session, by=SYSTEM, name="Bo")
    with pytest.raises(InteractionKeyUsed):
        log(session, other, me, key="k-1")


def test_a_wrong_follow_up_logs_nothing(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        bo, me = people.add(session, by=SYSTEM, name="Bo"), actor(session)
        bo_id = bo.id
    with pytest.raises(TaskInvalid) as refused, services.db.tenant_session(own_tenant) as session:
        nobody = FollowUp("Call back", clock.now(), new_id())
        log(session, people.get(session, bo_id), me, follow_up=nobody)
    assert "owner_id" in refused.value.problems
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def test_two_at_once_with_one_key_log_one(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        bo_id, me = people.add(session, by=SYSTEM, name="Bo").id, actor(session)
    found, gate = [], threading.Barrier(4)

    def send():
        gate.wait()
        with services.db.tenant_session(own_tenant) as session:
            wanted = FollowUp("Call back", clock.now(), me.id)
            found.append(log(session, people.get(session, bo_id), me, key="same", follow_up=wanted).id)

    threads = [threading.Thread(target=send) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 4
    assert len(set(found)) == 1
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("summary", {"summary": "  "}),
        ("summary", {"summary": "x" * 2_001}),
        ("summary", {"summary": "nul\x00"}),
        ("channel", {"channel": "pigeon"}),
        ("direction", {"direction": "sideways"}),
        ("at", {"at": clock.now() + timedelta(days=400)}),
        ("transcript", {"transcript": [{"who": "Ann", "text": "é" * 110_000}]}),
    ],
)
def test_what_cannot_be_stored_is_refused_beside_its_field(session, ann, field, given):
    with pytest.raises(InteractionInvalid) as refused:
        log(session, ann, actor(session), **given)
    assert list(refused.value.problems) == [field]


def test_a_mail_is_made_fit_instead_of_refused(session, ann):
    mail = log(
        session, ann, SYSTEM, channel="email", source="mail", subject="S" * 999, summary="", body="bell\x07 rings"
    )
    assert (len(mail.subject), mail.summary, mail.body, mail.staff_id) == (300, "", "bell rings", None)


def test_the_writer_changes_it_for_a_day_and_an_admin_later(session, ann):
    me, colleague, admin = actor(session), actor(session), actor(session, "admin")
    call = log(session, ann, me)
    seen = revision_of(call)
    interactions.change(session, call, by=me, revision=seen, summary="Asked for tea")
    with pytest.raises(InteractionChanged):
        interactions.change(session, call, by=me, revision=seen, summary="Asked for milk")
    with pytest.raises(InteractionIsSettled):
        interactions.change(session, call, by=colleague, summary="x")
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        with pytest.raises(InteractionIsSettled):
            interactions.delete(session, call, by=me)
        interactions.delete(session, call, by=admin)
    with pytest.raises(InteractionNotFound):
        interactions.get(session, call.id)


def test_the_first_contact_after_a_task_is_found_and_found_anew(session, ann):
    me = actor(session)
    task = tasks.add(session, what="Call back", due_at=clock.now(), owner_id=me.id, person_id=ann.id, by=me)
    made = task.created_at

    def first():
        session.refresh(task)
        return task.first_contact_at

    with time_machine.travel(clock.now() + timedelta(hours=9)):
        log(session, ann, me, at=made - timedelta(hours=1))
        assert first() is None
        log(session, ann, SYSTEM, automatic=True, source="mail", at=made + timedelta(hours=1))
        assert first() is None
        late = log(session, ann, me, at=made + timedelta(hours=5))
        early = log(session, ann, me, at=made + timedelta(hours=2))
        assert first() == early.at
        interactions.delete(session, early, by=me)
        assert first() == late.at
        interactions.change(session, late, by=me, at=made - timedelta(minutes=1))
        assert first() is None


def test_what_was_said_with_who_was_merged_is_said_with_the_one_who_stays(session, ann):
    me, double = actor(session), people.add(session, by=SYSTEM, name="Anne Lee")
    before = log(session, double, me, key="shared")
    double.merged_into = ann.id
    session.flush()
    after = log(session, ann, me)
    ids = people.ids_of(session, ann.id)
    assert {each.id for each in interactions.list_of(session, ids).items} == {before.id, after.id}
    assert log(session, people.get(session, double.id), me, key="shared") is before


def test_a_company_of_many_has_a_timeline(services, own_tenant):
    registries.compose()
    with services.db.tenant_session(own_tenant) as session:
        big = companies.add(session, by=SYSTEM, name="Big")
        ids = [new_id() for _ in range(11_000)]
        rows = [{"id": each, "company_id": big.id, "attributes": {}, "source": "import"} for each in ids]
        session.execute(insert(Person), rows)
        by = Actor("staff", new_id(), of_role("owner"))
        found = timeline.read(session, timeline.of_company(session, big), by=by)
        assert len(found.items) == timeline.PAGE
