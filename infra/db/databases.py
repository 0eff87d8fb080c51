"""Engines per cell and login, and the only doors to a session."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from infra.db.lender import Lender, connect_arguments, has_ended
from infra.db.patience import PatientConnection
from infra.db.scope import CONTROL, Scope, TenantRef, TenantScopeError, entered
from infra.settings import Settings

Login = Literal["app", "owner", "disposal", "keys"]

SET_SCOPE = "SELECT set_config('role', %(role)s, true), set_config('search_path', %(path)s, true)"


class ScopedSession(Session):
    """A session that carries its scope; one without a scope cannot begin a transaction."""

    def __init__(self, engine: Engine | Connection, scope: Scope, tenant: TenantRef | None, **options: Any) -> None:
        super().__init__(engine, expire_on_commit=False, **options)
        self.info["scope"] = scope
        self.info["tenant"] = tenant


@event.listens_for(Session, "after_begin")
def _enter_scope(session: Session, transaction: object, connection: Connection) -> None:
    """One round trip at the start of each transaction; PostgreSQL forgets both settings at its end."""
    scope = session.info.get("scope")
    if not isinstance(scope, Scope):
        raise TenantScopeError("a session without a scope began a transaction")
    connection.exec_driver_sql(SET_SCOPE, {"role": scope.role, "path": scope.path})


class Databases:
    """Opens sessions on the control plane and on the cells, as one of four logins."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.addresses = settings.cell_addresses
        self._engines: dict[tuple[str, Login], Engine] = {}
        self._lent: dict[str, Lender] = {}
        self._lock = Lock()
        self._closed = False

    @contextmanager
    def control_session(self) -> Iterator[Session]:
        """A session on the routing plane. Commits at the end, rolls back on an exception."""
        with ScopedSession(self.engine("control"), CONTROL, None) as session, session.begin():
            yield session

    @contextmanager
    def tenant_session(self, tenant: TenantRef, *, login: Login = "app") -> Iterator[Session]:
        """A session for exactly one tenant. Commits at the end, rolls back on an exception.

        Raises TenantScopeError when another tenant is open here.
        """
        with entered(tenant), self.open_tenant(tenant, login=login) as session, session.begin():
            yield session

    def open_tenant(self, tenant: TenantRef, *, login: Login = "app") -> Session:
        """A tenant's session whose end the caller decides; the web's request uses it inside `entered`."""
        scope = Scope(role=tenant.role, path=tenant.schema)
        return ScopedSession(self.engine(tenant.cell, login), scope, tenant)

    def open_control(self) -> Session:
        """A control session whose end the caller decides."""
        return ScopedSession(self.engine("control"), CONTROL, None)

    @contextmanager
    def owner(self, cell: str) -> Iterator[Connection]:
        """A connection of the owner of all schemas, in one transaction: provisioning and migrations only."""
        with self.engine(cell, "owner").begin() as connection:
            yield connection

    def engine(self, cell: str, login: Login = "app") -> Engine:
        """The engine of a cell ("control" is the control plane) for a login, made on first use."""
        with self._lock:
            self._refuse_closed()
            if (cell, login) not in self._engines:
                self._engines[cell, login] = self._connect(cell, login)
            return self._engines[cell, login]

    def dsn(self, cell: str, login: Login) -> str:
        """The libpq address of a cell with the login's credentials."""
        address = self.settings.control_database if cell == "control" else self.addresses[cell]
        url = make_url(address).set(
            username=f"rapport_{login}", password=getattr(self.settings, f"{login}_password")
        )
        return url.render_as_string(hide_password=False)

    def borrow(self, cell: str) -> psycopg.Connection[Any]:
        """A live connection of login rapport_app for the path beside the ORM, WITHOUT role or path.

        Raises psycopg.OperationalError. Give it back with `give_back`.
        """
        lender = self._lent.get(cell) or self._lend(cell)
        return lender.borrow()

    def give_back(self, cell: str, connection: psycopg.Connection[Any]) -> None:
        """Takes a borrowed connection back; one that broke, or that outlived its Databases, is thrown away."""
        lender = self._lent.get(cell)
        if lender is None:
            connection.close()
        else:
            lender.give_back(connection)

    def close(self) -> None:
        """Gives all connections back, for good; after a fork the child must start with its own Databases."""
        with self._lock:
            self._closed = True
            for lender in self._lent.values():
                lender.close()
            self._lent.clear()
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()

    def _lend(self, cell: str) -> Lender:
        with self._lock:
            self._refuse_closed()
            return self._lent.setdefault(cell, Lender(self.dsn(cell, "app"), self.settings))

    def _refuse_closed(self) -> None:
        if self._closed:
            raise RuntimeError("these databases were closed; a process that goes on starts services of its own")

    def _connect(self, cell: str, login: Login) -> Engine:
        pooled: dict[str, Any] = {"poolclass": NullPool}
        if login == "app":
            pooled = {
                "pool_size": self.settings.pool_size,
                "max_overflow": self.settings.pool_size,
                "pool_recycle": self.settings.pool_max_lifetime,
                "pool_use_lifo": True,
                "pool_timeout": 5,
            }
        elif login == "keys":
            pooled = {"pool_size": 2, "max_overflow": 4, "pool_recycle": self.settings.pool_max_lifetime}
        engine = create_engine(
            make_url(self.dsn(cell, login)).set(drivername="postgresql+psycopg"),
            connect_args=connect_arguments(login),
            **pooled,
        )
        event.listen(engine, "do_connect", _connect_patiently)
        event.listen(engine, "checkout", _refuse_dead)
        return engine


def _connect_patiently(
    dialect: Dialect, record: object, arguments: tuple[Any, ...], named: dict[str, Any]
) -> psycopg.Connection[Any]:
    """Instead of the dialect's psycopg.connect."""
    return PatientConnection.connect(*arguments, **named)


def _refuse_dead(connection: DBAPIConnection, record: object, proxy: object) -> None:
    """The pool forgets all its connections and connects anew when the server has ended one of them."""
    if has_ended(connection.fileno()):
        raise InvalidatePoolError()


def ping(databases: Databases, cell: str) -> None:
    """Raises when the cell does not answer."""
    with databases.engine(cell).connect() as connection:
        connection.execute(text("SELECT 1"))


__all__ = ["SET_SCOPE", "Databases", "Login", "ScopedSession", "ping"]
