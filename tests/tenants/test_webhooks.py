"""Deliveries from the event to the receiver: once per event and endpoint, tried for three days, under one id."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from infra.clock import now
from infra.db import TenantRef
from infra.events.models import Delivery
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.services import Services
from tenants import due, staff
from tenants.models import AuditEntry, Due
from tenants.webhooks import deliveries, endpoints, forgetting, leases, signing, states
from tenants.webhooks.catalogue import message_id
from tenants.webhooks.errors import StillOnItsWay, TooManyTests, WebhookNotActive
from tenants.webhooks.leases import MAX_ATTEMPTS, PAUSES
from tenants.webhooks.threads import Threads
from tests.support.receivers import Call, Receiver
from tests.tenants.webhook_story import Workspace

THREE_DAYS = timedelta(days=3)


@pytest.fixture
def workspace(services: Services, own_tenant: TenantRef) -> Workspace:
    return Workspace(services, own_tenant)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()


@pytest.fixture
def another() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()


def verified(call: Call, secret: str) -> bool:
    """Written from the specification's words, not from our code: version 1 of Standard Webhooks."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.{call.body.decode()}"
    expected = base64.b64encode(hmac.new(key, content.encode(), hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in call.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(expected, signature) for version, signature in given)


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


def test_an_event_arrives_signed_and_once_at_each_endpoint_that_wants_it(workspace, receiver, another):
    wanting = workspace.endpoint(receiver.url, "response.finished")
    everything = workspace.endpoint(another.url)
    uninterested = workspace.endpoint(another.url, "survey.published")
    (event,) = workspace.happens()
    workspace.send()
    assert [row.state for row in workspace.rows()] == ["delivered"] * 2
    assert workspace.rows(uninterested) == []
    (call,) = receiver.calls
    (copy,) = another.calls
    assert call.id == copy.id == message_id(event)
    assert call.body == copy.body
    body = json.loads(call.body)
    assert (body["type"], body["version"], body["data"]["revision"]) == ("response.finished", 1, 1)
    assert call.headers["content-type"] == "application/json"
    assert abs(int(call.headers["webhook-timestamp"]) - now().timestamp()) < 60
    secret = workspace.do(endpoints.show_secret, wanting)
    other = workspace.do(endpoints.show_secret, everything)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert verified(call, secret)
    assert verified(copy, other)
    assert not verified(call, other)


def test_the_signature_is_that_of_the_specifications_example():
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    found = signing.sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", signed)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_same_event_is_owed_once_however_often_it_is_told(workspace, receiver, services):
    endpoint = workspace.endpoint(receiver.url)
    events = workspace.happens(3)
    with services.db.tenant_session(workspace.tenant) as session:
        for event in events:
            session.add(Delivery(event_id=event, reaction="tenants.webhooks.deliveries.owe"))
    workspace.dispatch()
    workspace.send()
    assert [row.event_id for row in workspace.rows(endpoint)] == events
    assert len(receiver.calls) == 3


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    old = workspace.do(endpoints.show_secret, endpoint)
    new = workspace.do(endpoints.rotate_secret, endpoint)
    assert old != new
    workspace.happens()
    workspace.send()
    assert len(receiver.calls[-1].headers["webhook-signature"].split(" ")) == 2
    assert verified(receiver.calls[-1], old)
    assert verified(receiver.calls[-1], new)
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        workspace.happens()
        workspace.send()
    assert verified(receiver.calls[-1], new)
    assert not verified(receiver.calls[-1], old)
    workspace.do(endpoints.rotate_secret, endpoint)
    workspace.do(endpoints.rotate_secret, endpoint)
    workspace.happens()
    workspace.send()
    assert not verified(receiver.calls[-1], new), "rotating twice ends a leaked secret at once"


def test_no_secret_stands_in_the_database(workspace, receiver, services):
    endpoint = workspace.endpoint(receiver.url)
    secret = workspace.do(endpoints.rotate_secret, endpoint)
    workspace.happens()
    workspace.send()
    stored = repr([vars(row) for row in (workspace.read(endpoint), *workspace.rows())])
    assert secret.removeprefix("whsec_") not in stored


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


@pytest.mark.parametrize(("status", "code"), [(301, "redirected"), (307, "redirected"), (404, "status")])
def test_a_redirect_and_other_answers_are_failures_and_not_followed(workspace, receiver, another, status, code):
    receiver.answer, receiver.reply_headers = status, {"Location": another.url}
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    (row,) = workspace.rows()
    assert (row.state, row.outcome, row.history[0]["status"]) == ("waiting", code, status)
    assert another.calls == []


def test_an_address_inside_is_refused_when_it_is_called(workspace, receiver, services):
    from dataclasses import replace

    from infra.http import client_for

    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send(client=client_for(replace(services.settings, http_networks="")))
    (row,) = workspace.rows()
    assert row.outcome == "url_refused"  # plain http, and the loopback besides
    assert receiver.calls == []


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


def test_deliveries_are_forgotten_after_thirty_days(workspace, receiver):
    workspace.endpoint(receiver.url)
    workspace.happens(2)
    workspace.send()
    forget(workspace)
    assert len(workspace.rows()) == 2
    with time_machine.travel(now() + timedelta(days=30, minutes=1)):
        assert forget(workspace)
    assert workspace.rows() == []
    assert not forget(workspace)


def forget(workspace: Workspace) -> bool:
    """As the sweeper and its job do; whether there was something."""
    with workspace.services.db.tenant_session(workspace.tenant) as session:
        found = forgetting.has_old(session)
        forgetting.forget_old(session)
    return found


def test_one_delivery_is_sent_again_under_its_id(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    (event,) = workspace.happens()
    with pytest.raises(StillOnItsWay):
        replay(workspace, endpoint, event)
    workspace.send()
    replay(workspace, endpoint, event)
    workspace.send()
    assert [call.id for call in receiver.calls] == [message_id(event)] * 2
    assert receiver.calls[0].body == receiver.calls[1].body
    (row,) = workspace.rows()
    assert (row.state, row.attempts, len(row.history)) == ("delivered", 1, 2)
    workspace.do(endpoints.pause, endpoint)
    with pytest.raises(WebhookNotActive):
        replay(workspace, endpoint, event)


def replay(workspace: Workspace, endpoint: UUID, event: UUID) -> None:
    def verb(session, found, by):
        deliveries.replay(session, found, deliveries.get_delivery(session, found, event), by=by)

    workspace.do(verb, endpoint)


def test_everything_that_failed_since_a_moment_is_sent_again(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    receiver.answer = 410
    (old,) = workspace.happens()
    workspace.send()
    workspace.do(endpoints.resume, endpoint)
    moment = now()
    newer = workspace.happens(1)
    workspace.send()
    workspace.do(endpoints.resume, endpoint)
    receiver.answer = 204
    receiver.calls.clear()
    assert workspace.do(deliveries.replay_failed, endpoint, since=moment) == 1
    workspace.send()
    assert [call.id for call in receiver.calls] == [message_id(event) for event in newer]
    assert workspace.do(deliveries.replay_failed, endpoint, since=now() - timedelta(days=30)) == 1
    workspace.send()
    assert {row.state for row in workspace.rows()} == {"delivered"}
    assert receiver.calls[-1].id == message_id(old)


def test_a_test_event_is_sent_once_even_to_a_paused_endpoint_and_says_nothing_of_its_health(workspace, receiver):
    receiver.answer = 500
    endpoint = workspace.endpoint(receiver.url, "survey.published")
    workspace.do(endpoints.pause, endpoint)
    workspace.do(deliveries.send_test, endpoint)
    workspace.send()
    (row,) = workspace.rows()
    assert (row.state, row.kind, len(row.history)) == ("failed", "webhook.test", 1)
    assert json.loads(receiver.calls[0].body)["data"] == {"webhook_id": str(endpoint)}
    assert workspace.read(endpoint).failing_since is None
    assert workspace.read(endpoint).last_outcome == "status"
    for _ in range(deliveries.TESTS_AT_ONCE):
        workspace.do(deliveries.send_test, endpoint)
    with pytest.raises(TooManyTests):
        workspace.do(deliveries.send_test, endpoint)


def test_two_workers_never_send_the_same_delivery_at_once(workspace, receiver):
    workspace.endpoint(receiver.url)
    events = workspace.happens(120)
    pools = [Threads(8) for _ in range(3)]
    workers = [threading.Thread(target=workspace.send, kwargs={"pool": pool, "budget": 60}) for pool in pools]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    workspace.send()
    assert sorted(call.id for call in receiver.calls) == sorted(message_id(event) for event in events)
    assert receiver.most_at_once <= leases.AT_ONCE
    assert {row.state for row in workspace.rows()} == {"delivered"}


def test_a_slow_endpoint_does_not_hold_up_the_others(workspace, receiver, another):
    free = threading.Event()

    def hang(call: Call) -> int:
        free.wait(10)
        return 204

    receiver.answer = hang
    workspace.endpoint(receiver.url)
    workspace.endpoint(another.url)
    workspace.happens(60)
    assert workspace.send(budget=4), "the job goes on with its time, not with the slow server's"
    assert len(another.calls) == 60
    assert len(receiver.calls) <= leases.AT_ONCE
    free.set()
    receiver.answer = 204
    settle(workspace)
    assert {row.state for row in workspace.rows()} == {"delivered"}


def settle(workspace: Workspace) -> None:
    """Sends until nothing is due or on its way."""
    from tenants.webhooks.threads import threads

    assert threads().rest(20)
    for _ in range(20):
        if not workspace.send() and all(row.state != "sending" for row in workspace.rows()):
            return


def test_an_endpoint_that_fails_is_called_by_one_thread_only(workspace, receiver):
    receiver.answer = 500
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    receiver.most_at_once = 0
    workspace.happens(10)
    workspace.send()
    assert receiver.most_at_once == 1


def test_a_lost_lease_changes_nothing_and_an_expired_one_is_sent_again(workspace, receiver, services):
    endpoint = workspace.endpoint(receiver.url)
    workspace.happens()
    with services.db.tenant_session(workspace.tenant) as session:
        (held,) = leases.take(session, 10)
        assert leases.take(session, 10) == []
    workspace.send()
    assert receiver.calls == []
    with time_machine.travel(now() + leases.LEASE + timedelta(seconds=1)):
        workspace.send()
    (row,) = workspace.rows(endpoint)
    assert [each["outcome"] for each in row.history] == ["interrupted", "delivered"]
    with services.db.tenant_session(workspace.tenant) as session:
        assert leases.finish(session, held, leases.Outcome("status", 500, 1.0)) is None
    assert workspace.rows(endpoint)[0].state == "delivered"


def test_the_next_attempt_stands_in_the_due_index(workspace, receiver, services):
    receiver.answer = 500
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    with services.db.control_session() as session:
        entry = session.get_one(Due, (workspace.tenant.id, "webhooks"))
        assert entry.run_at == workspace.rows()[0].next_attempt_at
        session.delete(entry)
    import worker

    due.rebuild(services.db, workspace.tenant, worker.DUE)
    with services.db.control_session() as session:
        assert session.get_one(Due, (workspace.tenant.id, "webhooks")).run_at == workspace.rows()[0].next_attempt_at
        session.delete(session.get_one(Due, (workspace.tenant.id, "webhooks")))


def test_no_connection_is_held_while_a_server_thinks(workspace, receiver, services):
    seen: list[int] = []
    pool = services.db.engine(workspace.tenant.cell).pool

    def look(call: Call) -> int:
        seen.append(pool.checkedout())  # type: ignore[attr-defined]
        return 204

    receiver.answer = look
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    assert seen == [0]


def test_a_deleted_endpoint_takes_its_deliveries_along_even_those_on_their_way(workspace, receiver, services):
    receiver.answer = lambda call: (workspace_delete(), 204)[1]
    endpoint = workspace.endpoint(receiver.url)

    def workspace_delete() -> None:
        workspace.do(endpoints.delete, endpoint)

    workspace.happens()
    workspace.send()
    assert workspace.rows() == []
