"""Several workers and slow servers: leases, turns, and connections that nobody holds."""

import threading
from datetime import timedelta

import time_machine

from infra.clock import now
from tenants import due
from tenants.models import Due
from tenants.webhooks import endpoints, leases
from tenants.webhooks.catalogue import message_id
from tenants.webhooks.threads import Threads
from tests.support.receivers import Call
from tests.tenants.webhooks.story import Workspace


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
