"""Migrations: the models agree with them, a tenant that fails is named, and the runner can be run again."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text

from infra.db import TenantBase, TenantRef
from infra.services import Services
from tenants.migrations import CONTROL, TENANT, head, migrate_tenants
from tenants.models import Tenant
from tests.support.tenants import close_for_good, open_own


@pytest.fixture
def line_with_one_more(tmp_path: Path) -> Path:
    """The tenants' line with one more migration."""
    line = tmp_path / "tenant"
    (line / "versions").mkdir(parents=True)
    (line / "script.py.mako").write_text((TENANT / "script.py.mako").read_text())
    for version in (TENANT / "versions").glob("*.py"):
        (line / "versions" / version.name).write_text(version.read_text())
    (line / "versions" / "9999_shoe_size.py").write_text(
        f'''from alembic import op
import sqlalchemy as sa
revision = "9999"
down_revision = "{head(TENANT)}"
def upgrade():
    op.add_column("staff_members", sa.Column("shoe_size", sa.Integer()))
'''
    )
    return line


def test_each_line_has_one_head() -> None:
    assert head(CONTROL)
    assert head(TENANT)


def test_a_blocked_tenant_is_named_and_the_others_are_migrated(
    services: Services, line_with_one_more: Path
) -> None:
    free, blocked, elsewhere = (open_own(services, cell) for cell in ("default", "default", "b"))
    ids = [free.id, blocked.id, elsewhere.id]
    table = sql.Identifier(blocked.schema, "staff_members")
    with psycopg.connect(services.db.dsn("default", "owner")) as holder:
        holder.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(table))
        report = migrate_tenants(services.db, line_with_one_more, ids)
    assert sorted(report.migrated) == sorted([free.id, elsewhere.id])
    assert list(report.failed) == [blocked.id]
    assert "lock timeout" in report.failed[blocked.id]
    with services.db.control_session() as session:
        row = session.get_one(Tenant, blocked.id)
        assert row.revision == head(TENANT)
        assert row.migration_problem

    again = migrate_tenants(services.db, line_with_one_more, ids)
    assert again.migrated == [blocked.id]
    assert sorted(again.unchanged) == sorted([free.id, elsewhere.id])
    for tenant in (free, blocked, elsewhere):
        with services.db.tenant_session(tenant) as session:
            session.execute(text("SELECT shoe_size FROM staff_members"))
    with services.db.control_session() as session:
        assert session.scalar(select(Tenant.migration_problem).where(Tenant.id == blocked.id)) is None
    for tenant in (free, blocked, elsewhere):
        close_for_good(services, tenant)


def test_the_role_may_change_exactly_what_the_models_say(services: Services, acme: TenantRef) -> None:
    import migrations.models

    assert migrations.models
    question = text(
        "SELECT has_table_privilege(:role, :name, 'UPDATE') AS updates,"
        " has_table_privilege(:role, :name, 'DELETE') AS deletes,"
        " has_table_privilege(:role, :name, 'INSERT') AS inserts"
    )
    with services.db.tenant_session(acme) as session:
        for table in TenantBase.metadata.sorted_tables:
            row = session.execute(question, {"role": acme.role, "name": f"{acme.schema}.{table.name}"}).one()
            appended = bool(table.info.get("append_only"))
            assert (row.inserts, row.updates, row.deletes) == (True, not appended, not appended), table.name
        alembic = session.execute(question, {"role": acme.role, "name": f"{acme.schema}.alembic_version"}).one()
        assert tuple(alembic) == (False, False, False)


def test_the_models_and_the_migrations_agree(services: Services, acme: TenantRef) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with services.db.owner("default") as connection:
        connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": acme.schema})
        connection.dialect.default_schema_name = acme.schema
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, TenantBase.metadata) == []
