"""What many tenants cost: the scope of a transaction, a thousand of them, a new one, and a change to all."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from psycopg import pq, sql
from sqlalchemy import select, update

from infra.db import TenantRef
from infra.db.databases import SET_SCOPE
from surveys import intake
from surveys.intake import Submission, Target
from surveys.publishing import find_live
from tenants import branding, provisioning
from tenants.migrations import TENANT, head, migrate_tenants
from tenants.models import Tenant
from tests.bench import house, load, seed
from tests.bench.house import House
from tests.bench.measures import respondents
from tests.bench.rows import Row, at_most, info

MANY, FEW = 1_000, 10
SCOPE = SET_SCOPE.replace("%(role)s", "$1").replace("%(path)s", "$2").encode()
STATEMENT = b"SELECT id FROM surveys WHERE address = $1"
COLUMN = '''"""One column for the bench"""
import sqlalchemy as sa
from alembic import op
revision = "bench"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("surveys", sa.Column("bench_note", sa.String(), nullable=True))
'''


def tenant_overhead(here: House) -> Iterator[Row]:
    """Role and path as a share of an answer; and an answer spread over 1,000 tenants beside one spread over 10."""
    some = seed.published(here.services, seed.tenants(here.services, FEW), 1)
    with (
        psycopg.connect(here.services.db.dsn("default", "app"), autocommit=True) as ours,
        psycopg.connect(house.database_dsn(here), autocommit=True) as free,
    ):
        free.execute("SELECT set_config('search_path', %s, false)", [some[0].tenant.schema])
        turn = cycle(seeded.tenant for seeded in some)
        with_scope, without = _interleaved(
            here, lambda: _pipeline(ours, next(turn)), lambda: _pipeline(free, None), 500
        )
    request = _request_time(here, some[0])
    yield info("answer_one_client", request * 1e6, "µs")
    yield info("scope_cost", (with_scope - without) * 1e6, "µs")
    yield at_most("tenant_scope_share", 100 * (with_scope - without) / request, "%", 20)
    with unsynced(here):
        yield from _many(here, some)


def _many(here: House, some: list[seed.Seeded]) -> Iterator[Row]:
    few = Answerer(here, some)
    many = Answerer(here, seed.published(here.services, seed.tenants(here.services, MANY), 1))
    cold = many.round(MANY)
    few.round(FEW * 5)
    many.round(MANY)
    spread, dense = _interleaved(here, lambda: many.round(MANY), lambda: few.round(MANY), 1)
    yield info("answer_10_tenants", dense / MANY * 1e6, "µs")
    yield info("answer_1000_tenants_cold", cold / dense, "× 10")
    yield at_most("answer_1000_tenants_warm", spread / dense, "× 10", 1.25)


def tenant_signup(here: House) -> Iterator[Row]:
    """The database part of opening a workspace on a spare: claim, first rows, active."""
    count = 5 * here.rounds
    provisioning.fill_spares(here.services.db, here.services.keys, count)
    took, opened = [], []
    for _ in range(count):
        slug = f"s-{uuid4().hex[:10]}"
        begin = time.perf_counter()
        opened.append(
            provisioning.open_tenant(
                here.services.db,
                slug,
                "Bench",
                actor="bench",
                prepare=lambda session: void(branding.changed(session)),
            )
        )
        took.append((time.perf_counter() - begin) * 1e3)
    for tenant in opened:
        provisioning.close(here.services.db, here.services.keys, here.services.storage, tenant.id, actor="bench")
    yield at_most("tenant_signup", median(took), "ms", 20)


def tenant_migrate(here: House) -> Iterator[Row]:
    """One added column over 1,000 tenants; taken back afterwards."""
    seed.tenants(here.services, MANY)
    with one_more_revision() as line:
        begin = time.perf_counter()
        report = migrate_tenants(here.services.db, line)
        took = time.perf_counter() - begin
    _take_back(here)
    if report.failed or len(report.migrated) < MANY:
        raise RuntimeError(f"{len(report.migrated)} migrated, failed: {report.failed}")
    yield info("tenant_migrate_tenants", len(report.migrated), "tenants")
    yield at_most("tenant_migrate", took * MANY / len(report.migrated), "s", 10)


class Answerer:
    """Answers the surveys in turn through the product's own path, on one connection, in one thread."""

    def __init__(self, here: House, among: Sequence[seed.Seeded]) -> None:
        self.here = here
        self.work: list[tuple[TenantRef, Target, dict[str, object]]] = []
        for one in among:
            with here.services.db.tenant_session(one.tenant) as session:
                live = find_live(session, one.address)
            if live is None:
                raise RuntimeError("the survey is not published")
            raw = {k: v for k, v in respondents.fields(here, one).items() if not k.startswith("_")}
            self.work.append((one.tenant, Target.of(live), dict(raw)))

    def round(self, count: int) -> float:
        """Seconds for so many answers."""
        begin = time.perf_counter()
        for number in range(count):
            tenant, target, raw = self.work[number % len(self.work)]
            intake.accept(self.here.services.db, tenant, target, Submission(uuid4(), 1, "en", raw))
        return time.perf_counter() - begin


def _interleaved(
    here: House, one: Callable[[], object], other: Callable[[], object], times: int
) -> tuple[float, float]:
    """Medians of the rounds of both, in seconds for one call."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(here.rounds):
        for call, kept in zip((one, other), found, strict=True):
            begin = time.perf_counter()
            for _ in range(times):
                call()
            kept.append((time.perf_counter() - begin) / times)
    return median(found[0]), median(found[1])


def _pipeline(connection: psycopg.Connection[tuple[object, ...]], tenant: TenantRef | None) -> None:
    """A small SELECT in one round trip, with or without its scope in front."""
    wire = connection.pgconn
    wire.enter_pipeline_mode()
    if tenant is not None:
        wire.send_query_params(SCOPE, [tenant.role.encode(), tenant.schema.encode()])
    wire.send_query_params(STATEMENT, [b"nothing"])
    wire.pipeline_sync()
    while (result := wire.get_result()) is None or result.status != pq.ExecStatus.PIPELINE_SYNC:
        pass
    wire.exit_pipeline_mode()


def _request_time(here: House, one: seed.Seeded) -> float:
    """Median seconds of an answer in full, by one client over HTTP."""
    form = respondents.fields(here, one)
    with house.serving(here, "wsgi:app", **house.PATIENT) as port:
        made = [respondents.answer(here, one, form) for _ in range(2_000)]
        run = load.drive(port, made, seconds=here.seconds, connections=1).must_be(303)
    return median(run.latencies)


@contextmanager
def unsynced(here: House) -> Iterator[None]:
    """Commits inside do not wait for the disk, whose time is the same for few and many and would hide theirs."""
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        connection.execute("ALTER DATABASE rapport SET synchronous_commit = off")
        here.services.db.close()
        try:
            yield
        finally:
            connection.execute("ALTER DATABASE rapport RESET synchronous_commit")
            here.services.db.close()


@contextmanager
def one_more_revision() -> Iterator[Path]:
    """The tenants' migrations with one more, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        line = Path(folder) / "tenant"
        shutil.copytree(TENANT, line)
        (line / "versions" / "9999_bench.py").write_text(COLUMN.format(head=head(TENANT)))
        yield line


def _take_back(here: House) -> None:
    with here.services.db.control_session() as session:
        changed = session.scalars(select(Tenant.id).where(Tenant.revision == "bench")).all()
        session.execute(update(Tenant).where(Tenant.revision == "bench").values(revision=head(TENANT)))
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        for tenant_id in changed:
            schema = sql.Identifier(TenantRef(tenant_id, "", "default").schema)
            connection.execute(sql.SQL("ALTER TABLE {}.surveys DROP COLUMN bench_note").format(schema))
            connection.execute(
                sql.SQL("UPDATE {}.alembic_version SET version_num = %s").format(schema), [head(TENANT)]
            )


def void(_: object) -> None:
    """Drops what a step returned."""
