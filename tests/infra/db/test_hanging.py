"""PostgreSQL hangs: its sockets stay open and take everything, and no answer comes."""

import os
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import exc, text

from infra.db import Databases, TenantRef, fast, patience
from infra.errors import Unavailable
from infra.settings import Settings
from tests.support.between import Between, postgres_behind
from web.errors import AWAY

PID = "SELECT pg_backend_pid()::text"


@pytest.fixture
def behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Databases, Between]]:
    """Databases that hang at will, and are given up after a third of a second (and 2 seconds to connect)."""
    monkeypatch.setattr(fast, "PATIENCE", 300)
    monkeypatch.setattr(patience, "PATIENCE", 0.3)
    monkeypatch.setattr(patience, "ANSWER", 2)
    with postgres_behind(settings) as found:
        yield found


@pytest.fixture
def databases(behind: tuple[Databases, Between]) -> Databases:
    return behind[0]


@pytest.fixture
def between(behind: tuple[Databases, Between]) -> Between:
    return behind[1]


def lent_next(databases: Databases, tenant: TenantRef) -> psycopg.Connection[tuple[object, ...]]:
    with fast.checked_out(databases, tenant.cell) as connection:
        return connection


def test_one_statement_is_given_up_and_its_connection_is_not_lent_again(
    databases: Databases, between: Between, acme: TenantRef
) -> None:
    before = fast.once(databases, acme, PID)
    connection = lent_next(databases, acme)
    with between.silent():
        began = time.monotonic()
        with pytest.raises(Unavailable):
            fast.once(databases, acme, PID)
        assert time.monotonic() - began < 25
        assert connection.closed
    after = fast.once(databases, acme, PID)
    assert after != before
    assert fast.once(databases, acme, PID) == after
    assert lent_next(databases, acme) is not connection


def test_a_fast_transaction_is_given_up_and_its_connection_is_not_lent_again(
    databases: Databases, between: Between, acme: TenantRef
) -> None:
    before = fast.once(databases, acme, PID)
    connection = lent_next(databases, acme)
    with between.silent():
        with pytest.raises(Unavailable), fast.transaction(databases, acme) as used:
            assert used is connection
            used.execute("SELECT 1").fetchall()
        assert connection.closed
    assert fast.once(databases, acme, PID) != before


@pytest.mark.parametrize("length", [1, 30_000_000], ids=["waiting for the answer", "still sending"])
def test_a_session_is_given_up_and_its_connection_is_not_pooled_again(
    databases: Databases, between: Between, acme: TenantRef, length: int
) -> None:
    with databases.tenant_session(acme) as session:
        before = session.scalar(text(PID))
    with between.silent():
        began = time.monotonic()
        with pytest.raises(exc.OperationalError) as given_up, databases.tenant_session(acme) as session:
            session.execute(text("SELECT length(:words)"), {"words": "x" * length})
        assert given_up.value.connection_invalidated
        assert time.monotonic() - began < 25
    with databases.tenant_session(acme) as session:
        assert session.scalar(text(PID)) != before


def test_a_commit_is_given_up_too(databases: Databases, between: Between, acme: TenantRef) -> None:
    with pytest.raises(exc.OperationalError), databases.open_tenant(acme) as session:
        session.execute(text("SELECT 1"))
        with between.silent():
            session.commit()
    with databases.tenant_session(acme) as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_slow_statement_is_waited_for_as_long_as_the_server_lets_others_in(
    databases: Databases, between: Between, acme: TenantRef
) -> None:
    with databases.tenant_session(acme) as session:
        before = session.scalar(text(PID))
        visitors = between.visitors
        assert session.scalar(text("SELECT 'done' FROM pg_sleep(1.5)")) == "done"
        assert between.visitors > visitors, "nobody asked whether the server is alive"
        assert session.scalar(text(PID)) == before
    with fast.transaction(databases, acme) as connection:
        assert connection.execute("SELECT 'done' FROM pg_sleep(1)").fetchone() == ("done",)


def test_one_backend_that_is_stopped_alone_is_given_up_though_its_server_answers(
    databases: Databases, between: Between, acme: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_SILENCES", 3)
    with databases.tenant_session(acme) as session:
        before = session.scalar(text(PID))
    visitors = between.visitors
    with between.stuck():
        began = time.monotonic()
        with (
            pytest.raises(exc.OperationalError, match="one of its processes") as given_up,
            databases.tenant_session(acme) as session,
        ):
            session.execute(text("SELECT 1"))
        assert given_up.value.connection_invalidated
        assert 0.9 < time.monotonic() - began < 25
        assert between.visitors > visitors, "nobody asked whether the server is alive"
        with databases.tenant_session(acme) as session:
            assert session.scalar(text(PID)) != before, "whoever comes next is served at once"


def test_a_real_backend_that_is_stopped_is_given_up_and_the_page_says_unavailable(
    databases: Databases, acme: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_SILENCES", 2)
    with databases.tenant_session(acme) as session:
        pid = int(session.scalar(text(PID)) or 0)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(exc.OperationalError) as given_up:
                session.execute(text("SELECT 1"))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert isinstance(given_up.value, AWAY)
        session.rollback()


def test_what_migrates_waits_on(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST_SILENCES", 1)
    with databases.owner("control") as connection:
        assert connection.scalar(text("SELECT 'done' FROM pg_sleep(1.2)")) == "done"


def test_a_refusal_is_a_sign_of_life(
    databases: Databases, acme: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*_: object, **__: object) -> None:
        asked.append(1)
        raise psycopg.OperationalError("FATAL: sorry, too many clients already")

    with databases.tenant_session(acme) as session:
        session.execute(text("SELECT 1"))
        monkeypatch.setattr(psycopg, "connect", refuse)
        assert session.scalar(text("SELECT 'done' FROM pg_sleep(1)")) == "done"
    assert asked
