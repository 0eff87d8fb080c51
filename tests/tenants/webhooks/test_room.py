"""Threads are few, and shared: a tenant whose servers hang leaves room to the others, and asks for it in peace."""

import threading
from collections.abc import Iterator

import pytest

from infra.ids import new_id
from tenants.webhooks import jobs, leases, sending, slowness
from tenants.webhooks.sending import More
from tenants.webhooks.threads import Threads
from tests.support.receivers import Call, Receiver
from tests.support.tenants import close_for_good, open_own
from tests.tenants.webhooks.story import Workspace


@pytest.fixture
def neighbour(services) -> Iterator[Workspace]:
    tenant = open_own(services)
    yield Workspace(services, tenant)
    close_for_good(services, tenant)


@pytest.fixture
def hanging() -> Iterator[tuple[Receiver, threading.Event]]:
    over = threading.Event()

    def hang(call: Call) -> int:
        over.wait(12)
        return 204

    started = Receiver(hang)
    yield started, over
    over.set()
    started.stop()


def test_while_no_thread_is_free_a_tenant_asks_again_after_a_pause_only(workspace, receiver, services, monkeypatch):
    pool, over = Threads(3), threading.Event()
    held = [pool.submit(new_id(), lambda: bool(over.wait(20)) or None) for _ in range(3)]
    monkeypatch.setattr(sending, "threads", lambda: pool)
    workspace.endpoint(receiver.url)
    workspace.happens()
    queues = services.queues
    queues.connection.flushdb()
    jobs.send_webhooks(services, workspace.tenant)
    queue = queues.queue("default")
    assert queue.count == 0
    assert queue.scheduled_job_registry.count == 1
    assert receiver.calls == []
    over.set()
    for each in held:
        each.result(timeout=10)
    jobs.send_webhooks(services, workspace.tenant)
    assert len(receiver.calls) == 1
    queues.connection.flushdb()


def test_a_tenant_whose_servers_all_hang_leaves_threads_to_another(workspace, neighbour, hanging, receiver):
    slow, over = hanging
    pool = Threads(12)
    for _ in range(3):
        workspace.endpoint(slow.url)
    workspace.happens(8)
    assert workspace.send(budget=1, pool=pool) is More.LATER
    assert len(slow.calls) == 4, "a third of the threads"
    neighbour.endpoint(receiver.url)
    neighbour.happens(3)
    assert neighbour.send(budget=5, pool=pool) is More.NOTHING
    assert len(receiver.calls) == 3
    over.set()
    assert pool.rest(10)
    workspace.send(pool=pool)
    assert {row.state for row in workspace.rows()} == {"delivered"}


def test_an_endpoint_that_answers_slowly_is_called_fewer_times_at_once_until_it_is_quick(
    workspace, receiver, monkeypatch
):
    monkeypatch.setattr(slowness, "SLOW", 1.0)
    thinks = threading.Event()
    receiver.answer = lambda call: 204 + 0 * thinks.wait(1.2)
    endpoint = workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    workspace.happens(6)
    receiver.most_at_once = 0
    workspace.send()
    assert receiver.most_at_once == leases.AT_ONCE_SLOW
    assert len(receiver.calls) == 7
    thinks.set()
    workspace.happens()
    workspace.send()
    assert endpoint not in slowness.known()
