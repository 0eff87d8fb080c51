"""The dedicated path beside the ORM: survey pages, answers and imports, where SQLAlchemy's share is too dear.

It uses few connections, renewed (PostgreSQL's catalogue memory is our scarce resource), and the same SET_SCOPE as a
session, because the session hook does not guard it.

- `once(...)`: one statement as a whole transaction in ONE round trip. Role, path and statement go out in one
  pipeline; PostgreSQL treats what stands between two syncs as one transaction, so both settings end with it.
- `transaction(...)`: several statements; role and path travel with the first one.
"""

import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg import pq

from infra.db.databases import SET_SCOPE, Databases
from infra.db.scope import CONTROL, Scope, TenantRef
from infra.errors import Unavailable

Value = UUID | str | int | float | bool | bytes | datetime | dict[str, Any] | list[Any] | None
Row = tuple[str | None, ...]

_SET_SCOPE = SET_SCOPE.replace("%(role)s", "$1").replace("%(path)s", "$2").encode()
PATIENCE = 10_000
"""Milliseconds for a sign of life of a server that hangs; then the connection is thrown away."""

_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


Meanwhile = Callable[[], None]
"""What is done while PostgreSQL works; it must not raise."""


def once(
    databases: Databases,
    tenant: TenantRef,
    statement: LiteralString,
    *values: Value,
    meanwhile: Meanwhile | None = None,
) -> list[Row]:
    """Runs one statement for the tenant as a whole transaction in one round trip and returns its rows as text.

    Parameters are written `$1::uuid` in the statement; str, UUID, numbers, aware datetimes, and dict or list
    (as JSON) may be given, bytes are sent as they are (JSON that is already encoded). What PostgreSQL refuses
    is raised as the psycopg error of its SQLSTATE; no connection, or one that breaks half-way, is Unavailable:
    then it is unknown whether the statement was committed, and only a statement that is safe to repeat may be
    sent again.
    """
    return _once(databases, tenant.cell, _scope_of(tenant.schema), statement, values, meanwhile)


def once_control(
    databases: Databases, statement: LiteralString, *values: Value, meanwhile: Meanwhile | None = None
) -> list[Row]:
    """The same as `once`, on the control plane."""
    return _once(databases, "control", _bytes_of(CONTROL), statement, values, meanwhile)


@contextmanager
def transaction(databases: Databases, tenant: TenantRef) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A raw psycopg connection inside one transaction of the tenant, in pipeline mode.

    Role and path are sent together with the first statement. Commits at the end, rolls back on an exception.
    Raises Unavailable when PostgreSQL cannot be reached.
    """
    scope = Scope(role=tenant.role, path=tenant.schema)
    with checked_out(databases, tenant.cell) as connection, connection.pipeline(), connection.transaction():
        connection.execute(SET_SCOPE, {"role": scope.role, "path": scope.path})
        yield connection


@contextmanager
def checked_out(databases: Databases, cell: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A live connection of login rapport_app, WITHOUT role or path: it may do nothing yet."""
    connection = _borrow(databases, cell)
    try:
        yield connection
    except psycopg.OperationalError as problem:
        raise Unavailable() from problem
    finally:
        databases.give_back(cell, connection)


def _once(
    databases: Databases,
    cell: str,
    scope: list[bytes],
    statement: LiteralString,
    values: Sequence[Value],
    meanwhile: Meanwhile | None,
) -> list[Row]:
    parameters = [_dump(value) for value in values]
    result = _run(databases, cell, scope, statement, parameters, meanwhile)
    if result.status == pq.ExecStatus.FATAL_ERROR and _is_outdated(result):
        result = _run(databases, cell, scope, statement, parameters)
    if result.status not in _GOOD:
        raise psycopg.errors.error_from_result(result)
    columns = range(result.nfields)
    return [tuple([_text(result.get_value(row, column)) for column in columns]) for row in range(result.ntuples)]


def _run(
    databases: Databases,
    cell: str,
    scope: list[bytes],
    statement: LiteralString,
    parameters: list[bytes | None],
    meanwhile: Meanwhile | None = None,
) -> pq.abc.PGresult:
    connection = _borrow(databases, cell)
    try:
        plans = _prepared(connection, scope, statement)
        result = _pipelined(connection, plans, [list(scope), parameters], meanwhile)
        if result.status == pq.ExecStatus.FATAL_ERROR and _is_outdated(result):
            connection.close()
        return result
    except psycopg.OperationalError as problem:
        raise Unavailable() from problem
    finally:
        databases.give_back(cell, connection)


def _is_outdated(result: pq.abc.PGresult) -> bool:
    """A column's type changed under a plan: nothing was executed, and a fresh connection prepares anew."""
    return result.error_field(pq.DiagnosticField.SQLSTATE) == b"0A000"


def _prepared(connection: psycopg.Connection[Any], scope: list[bytes], statement: LiteralString) -> list[bytes]:
    """The names of the scope's and the statement's plans, which each connection prepares on first use.

    PostgreSQL needs half for an answer of the same tenant as the one before and a tenth less after another's
    (400 to 200 and 450 to 390 µs of a core): it compares the search_path itself and plans anew where that differs.
    """
    known: set[bytes] = vars(connection).setdefault("prepared_by_fast", set())
    names = [_name(SET_SCOPE), _name(statement)]
    if names[1] not in known:
        for name, text in zip(names, (_SET_SCOPE, _encoded(statement)), strict=True):
            if name not in known:
                _prepare(connection, scope, name, text)
                known.add(name)
    return names


def _prepare(connection: psycopg.Connection[Any], scope: list[bytes], name: bytes, statement: bytes) -> None:
    """Its own round trip, in the tenant's scope, because tables are looked up now."""
    wire = connection.pgconn
    with _piped(connection):
        wire.send_query_params(_SET_SCOPE, scope)
        wire.send_prepare(name, statement)
        wire.pipeline_sync()
        result = _drain(wire, connection.fileno())
    if result.status not in _GOOD:
        raise psycopg.errors.error_from_result(result)


@lru_cache(256)
def _name(statement: str) -> bytes:
    return b"fast_" + sha1(statement.encode(), usedforsecurity=False).hexdigest()[:16].encode()


def _pipelined(
    connection: psycopg.Connection[Any],
    plans: list[bytes],
    values: list[list[bytes | None]],
    meanwhile: Meanwhile | None,
) -> pq.abc.PGresult:
    """Sends scope and statement together and reads the statement's result."""
    wire = connection.pgconn
    with _piped(connection):
        for plan, given in zip(plans, values, strict=True):
            wire.send_query_prepared(plan, given)
        wire.pipeline_sync()
        if meanwhile is not None:
            meanwhile()
        return _drain(wire, connection.fileno())


class _piped:
    """Pipeline mode; half a pipeline must never reach the next user of this connection."""

    __slots__ = ("connection",)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        connection.pgconn.enter_pipeline_mode()

    def __enter__(self) -> None:
        """Entered when made."""

    def __exit__(self, kind: object, problem: object, trace: object) -> None:
        if problem is None:
            self.connection.pgconn.exit_pipeline_mode()
        else:
            self.connection.close()


def _drain(wire: pq.abc.PGconn, socket: int) -> pq.abc.PGresult:
    """Reads up to the sync and returns the first bad result, or the last one.

    It waits in poll(), which lets other threads run: psycopg's get_result() would wait with the GIL held.
    """
    kept: pq.abc.PGresult | None = None
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    silent = 0
    while True:
        while wire.is_busy():
            if not waiting.poll(PATIENCE):
                raise psycopg.OperationalError("PostgreSQL did not answer in time")
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            silent += 1
            if silent > 1 or wire.status != pq.ConnStatus.OK:  # a statement's results end with exactly one NULL
                raise psycopg.OperationalError("the connection to PostgreSQL was lost")
            continue
        silent = 0
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            break
        if kept is None or kept.status in _GOOD:
            kept = result
    if kept is None:
        raise psycopg.OperationalError("PostgreSQL answered nothing")
    return kept


def _borrow(databases: Databases, cell: str) -> psycopg.Connection[Any]:
    try:
        return databases.borrow(cell)
    except psycopg.OperationalError as problem:
        raise Unavailable() from problem


@lru_cache(4096)
def _scope_of(schema: str) -> list[bytes]:
    return [schema.encode(), schema.encode()]


def _bytes_of(scope: Scope) -> list[bytes]:
    return [scope.role.encode(), scope.path.encode()]


@lru_cache(256)
def _encoded(statement: LiteralString) -> bytes:
    return statement.encode()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _json(value: Any) -> bytes:
    return orjson.dumps(value)


_DUMPERS: Mapping[type, Callable[[Any], bytes]] = {
    str: lambda value: _clean(value.encode()),
    bytes: lambda value: _clean(value),
    UUID: lambda value: str(value).encode(),
    int: lambda value: str(value).encode(),
    float: lambda value: repr(value).encode(),
    bool: lambda value: b"true" if value else b"false",
    datetime: lambda value: value.isoformat().encode(),
    dict: _json,
    list: _json,
}


def _clean(value: bytes) -> bytes:
    """libpq would cut a text at a NUL without a word."""
    if b"\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL bytes")
    return value


def _dump(value: Value) -> bytes | None:
    return None if value is None else _DUMPERS[type(value)](value)
