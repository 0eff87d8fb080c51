"""Endpoints that fail: tried for three days, paused, turned off, and what waits meanwhile."""

from collections.abc import Iterator
from datetime import timedelta

import time_machine
from sqlalchemy import select

from infra.clock import now
from infra.ids import new_id
from infra.mail.models import Outbox
from tenants import staff
from tenants.models import AuditEntry
from tenants.webhooks import endpoints, leases, states
from tenants.webhooks.leases import MAX_ATTEMPTS, PAUSES
from tests.tenants.webhooks.story import Workspace, forget

THREE_DAYS = timedelta(days=3)


def later(workspace: Workspace, most: int = 20) -> Iterator[timedelta]:
    """Travels from one due moment to the next, sending at each; yields how much time has passed."""
    begun = now()
    moment = begun
    for _ in range(most):
        waiting = [row.next_attempt_at for row in workspace.rows() if row.state == "waiting"]
        if not waiting:
            return
        moment = max(moment, min(waiting)) + timedelta(seconds=1)
        with time_machine.travel(moment, tick=True):
            workspace.send()
        yield moment - begun


def test_a_failing_endpoint_is_tried_for_three_days_then_paused_and_the_admins_are_told(
    workspace, receiver, services
):
    with services.db.tenant_session(workspace.tenant) as session:
        admins = [
            staff.add(session, name=role, email=f"{role}@acme.example", role=role).id
            for role in ("owner", "admin", "editor", "viewer")
        ][:2]
    receiver.answer, receiver.reply = 500, b"Ach <b>nein</b>\0\x1b[31m"
    endpoint = workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    passed = [timedelta(), *later(workspace)]
    assert len(receiver.calls) == MAX_ATTEMPTS == 10
    assert len({call.id for call in receiver.calls}) == 1
    assert THREE_DAYS < passed[-1] < timedelta(days=4)
    for pause, before, after in zip(PAUSES, passed, passed[1:], strict=False):
        assert pause <= after - before < pause * 1.15 + timedelta(seconds=60)
    (row,) = workspace.rows()
    assert (row.state, row.outcome, len(row.history)) == ("failed", "status", 10)
    assert row.history[0]["status"] == 500
    assert row.history[0]["words"] == "Ach <b>nein</b>��[31m"
    found = workspace.read(endpoint)
    assert (found.state, found.state_reason) == ("paused", "failing")
    with services.db.tenant_session(workspace.tenant) as session:
        mails = session.scalars(select(Outbox).where(Outbox.purpose == "webhooks.paused")).all()
        assert {mail.ref_id for mail in mails} == set(admins)
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "webhook.paused")).one()
        assert (told.actor_kind, told.data) == ("system", {"reason": "failing"})


def test_whatever_is_tried_to_the_end_has_failed_for_long_enough_to_pause_its_endpoint():
    assert sum(PAUSES, timedelta()) > states.PATIENCE
    taken = leases.Taken(new_id(), new_id(), "x", "", "", 1, now(), ())
    for _ in range(200):
        again = leases._next_attempt(taken, leases.Outcome("status", 500, 0), now())
        assert again is not None
        assert again - now() > PAUSES[0] * 0.99


def test_an_endpoint_that_is_gone_is_paused_at_once(workspace, receiver):
    receiver.answer = 410
    endpoint = workspace.endpoint(receiver.url)
    workspace.happens(3)
    workspace.send()
    found = workspace.read(endpoint)
    assert (found.state, found.state_reason, found.last_status) == ("paused", "gone", 410)
    assert "failed" in {row.state for row in workspace.rows()}
    assert receiver.calls


def test_one_success_ends_a_run_of_failures(workspace, receiver):
    answers = iter([500, 500, 204])
    receiver.answer = lambda call: next(answers, 204)
    endpoint = workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    assert workspace.read(endpoint).failing_since is not None
    assert list(later(workspace))
    (row,) = workspace.rows()
    assert (row.state, [each["outcome"] for each in row.history]) == (
        "delivered",
        ["status", "status", "delivered"],
    )
    assert workspace.read(endpoint).failing_since is None
    assert workspace.read(endpoint).state == "active"


def test_a_server_that_asks_for_time_gets_it_up_to_a_day(workspace, receiver):
    receiver.answer, receiver.reply_headers = 503, {"Retry-After": "3600"}
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    assert 3500 < workspace.waits() < 3700
    receiver.reply_headers = {"Retry-After": "999999"}
    with time_machine.travel(now() + timedelta(hours=2)):
        workspace.send()
        assert 86_000 < workspace.waits() < 86_500


def test_while_an_endpoint_is_paused_what_happens_waits_three_days(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    workspace.do(endpoints.pause, endpoint)
    workspace.happens(2)
    workspace.send()
    assert [row.state for row in workspace.rows()] == ["waiting"] * 2
    workspace.do(endpoints.resume, endpoint)
    workspace.send()
    assert [row.state for row in workspace.rows()] == ["delivered"] * 2
    workspace.do(endpoints.pause, endpoint)
    workspace.happens()
    with time_machine.travel(now() + THREE_DAYS + timedelta(minutes=1)):
        forget(workspace)
    assert workspace.rows()[-1].outcome == "expired"
    assert len(receiver.calls) == 2


def test_what_is_turned_off_keeps_nothing_and_gives_up_what_waited(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    workspace.do(endpoints.pause, endpoint)
    workspace.happens()
    workspace.do(endpoints.disable, endpoint)
    workspace.happens()
    workspace.send()
    assert [(row.state, row.outcome) for row in workspace.rows()] == [("failed", "disabled")]
    assert receiver.calls == []
