"""Pausing, resuming and cancelling what was asked for together, while real workers are sending it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from infra.clock import now
from infra.ids import new_id
from infra.mail import outbox, outbox_batches
from infra.mail.leases import LeaseLost, Leases
from infra.mail.models import MailBatch, Outbox
from tests.infra.mail.conftest import Desk
from tests.infra.mail.sink import Sink
from tests.support.waiting import until


def ask(desk: Desk, batch: UUID | None, count: int, name: str = "p", domain: str = "example.org") -> None:
    with desk.services.db.tenant_session(desk.tenant) as session:
        for number in range(count):
            key = f"{name}{number}@{domain}#{new_id()}"
            outbox.send(session, "test.hello", ref=new_id(), key=key, batch=batch)


def say(desk: Desk, verb: Callable[..., None], batch: UUID) -> None:
    with desk.services.db.tenant_session(desk.tenant) as session:
        verb(session, batch)


def settle(desk: Desk) -> None:
    with time_machine.travel(now() + timedelta(minutes=1)), desk.services.db.tenant_session(desk.tenant) as session:
        outbox_batches.settle_batches(session)


def counted(desk: Desk, batch: UUID) -> dict[str, int]:
    with desk.services.db.tenant_session(desk.tenant) as session:
        query = select(Outbox.state, func.count()).where(Outbox.batch_id == batch).group_by(Outbox.state)
        return {row[0]: row[1] for row in session.execute(query)}


def test_a_paused_batch_waits_and_everything_else_goes_on(desk: Desk, sink: Sink) -> None:
    batch = new_id()
    ask(desk, batch, 3)
    ask(desk, None, 1, "other")
    say(desk, outbox.pause, batch)
    say(desk, outbox.pause, batch)
    desk.send()
    assert counted(desk, batch) == {"held": 3}
    assert len(sink.raw) == len(sink.to("other0")) == 1
    with desk.services.db.tenant_session(desk.tenant) as session:
        assert not outbox.has_due(session)
    ask(desk, batch, 1, "late")  # also what is added meanwhile
    desk.send()
    settle(desk)
    assert counted(desk, batch) == {"held": 4}
    say(desk, outbox.resume, batch)
    desk.send()
    assert counted(desk, batch) == {"accepted": 4}
    settle(desk)
    with desk.services.db.tenant_session(desk.tenant) as session:
        assert session.get(MailBatch, batch) is None


def test_a_cancelled_batch_is_never_sent_whatever_comes_later(desk: Desk, sink: Sink) -> None:
    batch = new_id()
    ask(desk, batch, 2)
    say(desk, outbox.pause, batch)
    say(desk, outbox.cancel, batch)
    say(desk, outbox.resume, batch)
    ask(desk, batch, 1, "late")
    desk.send()
    settle(desk)
    assert counted(desk, batch) == {"cancelled": 3}
    assert sink.raw == []
    with desk.services.db.tenant_session(desk.tenant) as session:
        assert outbox_batches.state_of(session, batch) == "cancelled"
        assert not outbox_batches.has_unsettled(session)


def test_what_a_worker_holds_and_has_not_begun_goes_back(desk: Desk, sink: Sink) -> None:
    batch = new_id()
    ask(desk, batch, 3)
    leases = Leases(desk.services.db, desk.tenant)
    begun, in_window, leased = leases.take(3)
    assert len(leases.open_window([begun, in_window])) == 2
    leases.begin(begun, "<x@example.org>")
    say(desk, outbox.pause, batch)
    with pytest.raises(LeaseLost):
        leases.begin(in_window, "<y@example.org>")
    assert leases.open_window([leased]) == set()
    leases.give_back(in_window, timedelta(0))
    settle(desk)
    assert counted(desk, batch) == {"sending": 1, "held": 2}
    leases.finish(begun, "accepted", "250")
    assert counted(desk, batch) == {"accepted": 1, "held": 2}


def test_a_big_batch_is_brought_in_line_in_pieces(desk: Desk, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_batches, "PIECE", 2)
    monkeypatch.setattr(outbox_batches, "PIECES", 2)
    batch = new_id()
    ask(desk, batch, 9)
    say(desk, outbox.pause, batch)
    assert counted(desk, batch) == {"held": 2, "queued": 7}
    desk.send()
    assert sink.raw == []
    for _ in range(3):
        settle(desk)
    assert counted(desk, batch) == {"held": 9}


@pytest.fixture
def workers(
    desk: Desk, sink: Sink, environment: dict[str, str], project: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two worker processes that go on sending, at most so many a second that a person can be quicker."""
    command = [sys.executable, "-m", "tests.infra.mail.worker_process", str(desk.tenant.id), desk.tenant.cell]
    own = {**environment, "RAPPORT_SMTP_PORT": str(sink.port), "RAPPORT_MAIL_RATE": "40"}
    started = [subprocess.Popen([*command, "forever"], cwd=project, env=own) for _ in range(2)]
    yield started
    for each in started:
        each.kill()
        each.wait(10)


@pytest.mark.processes
def test_running_workers_stop_when_they_are_told_and_lose_nothing(
    desk: Desk, sink: Sink, workers: list[subprocess.Popen[bytes]]
) -> None:
    batch = new_id()
    ask(desk, batch, 300)

    def accepted() -> int:
        return counted(desk, batch).get("accepted", 0)

    until(lambda: accepted() >= 20, "the workers to begin")
    say(desk, outbox.pause, batch)
    until(lambda: not counted(desk, batch).get("sending"), "what was begun to end")
    settle(desk)
    stopped = len(sink.raw)
    assert counted(desk, batch) == {"accepted": stopped, "held": 300 - stopped}
    until(lambda: not counted(desk, batch).get("leased"), "leases to go back")
    time.sleep(1.5)  # long enough for a worker that had not understood
    assert len(sink.raw) == stopped < 300
    say(desk, outbox.resume, batch)
    until(lambda: accepted() > stopped + 20, "the workers to go on")
    say(desk, outbox.cancel, batch)
    until(lambda: not counted(desk, batch).get("sending"), "what was begun to end")
    settle(desk)
    states = counted(desk, batch)
    assert states == {"accepted": len(sink.raw), "cancelled": 300 - len(sink.raw)}
    assert len({raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for raw in sink.raw}) == len(sink.raw)
