"""Bringing schemas up to date: the control plane at once, each tenant in a transaction of its own.

The SQL of an upgrade is made once per starting point and then run as one string, so that a thousand tenants take
seconds. A tenant that fails is named, the runner goes on, and running it again takes up where it stopped:
the revision stands in the tenant's own schema and changes with it in the same transaction.
"""

import io
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

import psycopg
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql

from infra.db import Databases, TenantRef
from tenants.models import Tenant

LINES = Path(__file__).parent.parent / "migrations"
CONTROL = LINES / "control"
TENANT = LINES / "tenant"
AT_ONCE = 4
LOCK_TIMEOUT = "3s"
STATES = ("spare", "opening", "active", "suspended")


@dataclass(slots=True)
class Report:
    """What a run did: tenants brought up to date, already there, and failed with their reason."""

    migrated: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    failed: dict[UUID, str] = field(default_factory=dict)


def head(line: Path) -> str:
    """The newest revision of a line. Raises when a line has two heads."""
    revision = _scripts(line).get_current_head()
    if revision is None:
        raise LookupError(f"{line.name} has no migrations")
    return revision


_ONE_AT_A_TIME = Lock()
"""Alembic's `op` is one for the process: two threads that write upgrades at once would take it from each other."""


@lru_cache
def upgrade_sql(line: Path, start: str | None, schema: str | None = None) -> str:
    """The statements from a revision (None: an empty schema) to the head, version table included."""
    script = _scripts(line)
    buffer = io.StringIO()

    def steps(revision: Any, context: Any) -> Any:
        return script._upgrade_revs("head", start or "base")

    context = MigrationContext.configure(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
        opts={
            "as_sql": True,
            "output_buffer": buffer,
            "fn": steps,
            "starting_rev": start,
            "version_table_schema": schema,
            "transactional_ddl": True,
            "script": script,
        },
    )
    with _ONE_AT_A_TIME, Operations.context(context):
        context.run_migrations()
    return buffer.getvalue()


def migrate_control(databases: Databases, line: Path) -> bool:
    """Brings the control plane to the head; answers whether anything changed."""
    with psycopg.connect(databases.dsn("control", "owner")) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('rapport control migrations'))")
        connection.execute("CREATE SCHEMA IF NOT EXISTS control")
        connection.execute("GRANT USAGE ON SCHEMA control TO rapport_control")
        connection.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA control"
            " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rapport_control"
        )
        start = _revision(connection, "control")
        if start == head(line):
            return False
        connection.execute(upgrade_sql(line, start, "control"))
        connection.execute("INSERT INTO control.routing (id, generation) VALUES (1, 1) ON CONFLICT DO NOTHING")
    return True


def migrate_tenants(databases: Databases, line: Path, only: Iterable[UUID] | None = None) -> Report:
    """Brings every tenant (or the ones named) to the head, a few at a time. Goes on past one that fails."""
    target = head(line)
    with databases.control_session() as session:
        query = select(Tenant.id, Tenant.cell, Tenant.revision).where(Tenant.state.in_(STATES)).order_by(Tenant.id)
        rows = session.execute(query if only is None else query.where(Tenant.id.in_(only))).all()
    report = Report(unchanged=[row.id for row in rows if row.revision == target])
    by_cell: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.revision != target:
            by_cell[row.cell].append(row.id)
    for cell, tenants in by_cell.items():
        shares = [tenants[start::AT_ONCE] for start in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done, failed in pool.map(partial(_migrate_share, databases, cell, line), shares):
                report.migrated += done
                report.failed |= failed
    _remember(databases, report, target)
    return report


def _migrate_share(
    databases: Databases, cell: str, line: Path, tenants: list[UUID]
) -> tuple[list[UUID], dict[UUID, str]]:
    done: list[UUID] = []
    failed: dict[UUID, str] = {}
    if not tenants:
        return done, failed
    try:
        with psycopg.connect(databases.dsn(cell, "owner"), autocommit=True) as connection:
            for tenant_id in tenants:
                try:
                    migrate_one(connection, TenantRef(tenant_id, "", cell).schema, line)
                    done.append(tenant_id)
                except psycopg.Error as problem:
                    failed[tenant_id] = _in_a_line(problem)
                    if connection.closed:
                        raise
    except psycopg.Error as problem:  # the cell is away, or went away
        failed |= {other: _in_a_line(problem) for other in tenants if other not in done and other not in failed}
    return done, failed


def _in_a_line(problem: psycopg.Error) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0]


def migrate_one(connection: psycopg.Connection[Any], schema: str, line: Path) -> None:
    """Brings one schema to the head in one transaction. Raises psycopg.Error and changes nothing when it cannot."""
    with connection.transaction():
        connection.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('search_path', %s, true)",
            (LOCK_TIMEOUT, schema),
        )
        start = _revision(connection, schema)
        if start != head(line):
            connection.execute(upgrade_sql(line, start))


def _revision(connection: psycopg.Connection[Any], schema: str) -> str | None:
    table = sql.Identifier(schema, "alembic_version")
    exists = connection.execute("SELECT to_regclass(%s)", (table.as_string(),)).fetchone()
    if exists is None or exists[0] is None:
        return None
    row = connection.execute(sql.SQL("SELECT version_num FROM {}").format(table)).fetchone()
    return row[0] if row else None


def _remember(databases: Databases, report: Report, target: str) -> None:
    with databases.control_session() as session:
        if report.migrated:
            session.execute(
                update(Tenant).where(Tenant.id.in_(report.migrated)).values(revision=target, migration_problem=None)
            )
        for tenant_id, problem in report.failed.items():
            session.execute(update(Tenant).where(Tenant.id == tenant_id).values(migration_problem=problem))


@lru_cache
def _scripts(line: Path) -> ScriptDirectory:
    return ScriptDirectory(str(line))
