"""Databases whose sessions all join one outer transaction per cell, which the test rolls back at its end.

Sessions, pages and the fast path share one connection per cell, so each sees what the other wrote. The price:
a transaction ends in a savepoint, and whoever enters another scope leaves the previous one's behind on leaving.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import pq
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from infra.db import Databases, TenantRef
from infra.db.databases import SET_SCOPE, Login, ScopedSession
from infra.db.scope import CONTROL, Scope
from infra.settings import Settings


class JoinedSession(ScopedSession):
    """A session on the shared connection; when its transaction ends, the scope before it is restored."""

    def __init__(self, shared: "Shared", scope: Scope, tenant: TenantRef | None) -> None:
        super().__init__(shared.connection, scope, tenant, join_transaction_mode="create_savepoint")
        self.shared = shared
        self.before = shared.scope


class Shared:
    """One connection in an outer transaction, and the scope that is set on it now."""

    def __init__(self, engine: Engine) -> None:
        self.connection: Connection = engine.connect()
        self.outer = self.connection.begin()
        self.scope: Scope | None = None

    def enter(self, scope: Scope | None) -> None:
        """Sets role and path, for the next statement of whoever is outside of what just ended."""
        self.scope = scope
        driver = self.driver
        if scope is not None and driver.pgconn.transaction_status == pq.TransactionStatus.INTRANS:
            driver.execute(SET_SCOPE, {"role": scope.role, "path": scope.path})  # unseen by query counters

    @property
    def driver(self) -> "psycopg.Connection[Any]":
        found = self.connection.connection.driver_connection
        assert isinstance(found, psycopg.Connection)
        return found

    def end(self) -> None:
        self.outer.rollback()
        self.connection.close()


class JoinedDatabases(Databases):
    """As Databases, for login rapport_app; the other logins connect and commit as always."""

    def __init__(self, settings: Settings, real: Databases) -> None:
        super().__init__(settings)
        self._real = real
        self._shared: dict[str, Shared] = {}
        self._visits: list[Scope | None] = []

    def open_tenant(self, tenant: TenantRef, *, login: Login = "app") -> Session:
        if login != "app":
            return self._real.open_tenant(tenant, login=login)
        return JoinedSession(self.shared(tenant.cell), Scope(tenant.role, tenant.schema), tenant)

    def open_control(self) -> Session:
        return JoinedSession(self.shared("control"), CONTROL, None)

    @contextmanager
    def control_session(self) -> Iterator[Session]:
        with self.open_control() as session, session.begin():
            yield session

    def engine(self, cell: str, login: Login = "app") -> Engine:
        if login != "app":
            return self._real.engine(cell, login)
        return cast(Engine, _JoinedEngine(self.shared(cell)))

    def borrow(self, cell: str) -> "psycopg.Connection[Any]":
        """The shared connection, in a savepoint: what fails in it is rolled back to there."""
        shared = self.shared(cell)
        self._visits.append(shared.scope)
        shared.driver.execute("SAVEPOINT visit")
        return shared.driver

    def give_back(self, cell: str, connection: "psycopg.Connection[Any]") -> None:
        before = self._visits.pop()
        if connection.closed:
            return
        if connection.pgconn.transaction_status == pq.TransactionStatus.INERROR:
            connection.execute("ROLLBACK TO SAVEPOINT visit")
        connection.execute("RELEASE SAVEPOINT visit")
        self.shared(cell).enter(before)

    def shared(self, cell: str) -> Shared:
        """The cell's connection; the control plane and a cell in the same database share one."""
        address = self.settings.control_database if cell == "control" else self.addresses[cell]
        if address not in self._shared:
            self._shared[address] = Shared(self._real.engine(cell))
        return self._shared[address]

    def close(self) -> None:
        """Rolls every outer transaction back."""
        for shared in self._shared.values():
            shared.end()
        self._shared.clear()


@event.listens_for(JoinedSession, "after_begin")
def _note_scope(session: JoinedSession, transaction: SessionTransaction, connection: Connection) -> None:
    if not session.in_nested_transaction():
        session.before = session.shared.scope
    session.shared.scope = session.info["scope"]


@event.listens_for(JoinedSession, "after_transaction_end")
def _restore_scope(session: JoinedSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None and session.shared.outer.is_active:
        session.shared.enter(session.before)


class _JoinedEngine:
    """What pages need of an engine besides sessions: a connection to ask whether the server is there."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def connect(self) -> Any:
        return self._shared.connection.begin_nested()
