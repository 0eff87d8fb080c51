"""Tables: every non-key column declares itself, constraints have names, each migration line has one head."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Table

import migrations.models
from infra.db import ControlBase, KeyStoreBase, TenantBase
from infra.db.columns import PERSONAL
from tenants.migrations import CONTROL, TENANT

assert migrations.models

MOST_TABLES = 60
"""Of a tenant. Catalogue is the scarce resource: 280 rows of pg_class and 0.2 s for 40 tables, and each one that a
backend touches stays in its memory. A new one needs a reason."""


def tenant_tables() -> list[Table]:
    return list(TenantBase.metadata.tables.values())


def test_every_column_of_a_tenants_table_says_what_it_tells_about_people():
    silent = [
        str(column)
        for table in tenant_tables()
        for column in table.columns
        if not column.primary_key and PERSONAL not in column.info
    ]
    assert not silent, f"say info=personal(…) or info=not_personal: {silent}"


def test_a_tenant_has_few_tables():
    assert len(tenant_tables()) <= MOST_TABLES


@pytest.mark.parametrize("base", [TenantBase, ControlBase, KeyStoreBase])
def test_every_constraint_has_a_name(base):
    for table in base.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"


def test_no_foreign_key_leaves_its_schema():
    for base in (TenantBase, ControlBase):
        for table in base.metadata.tables.values():
            for key in table.foreign_keys:
                assert key.column.table.metadata is base.metadata


def test_every_moment_knows_its_zone():
    for base in (TenantBase, ControlBase, KeyStoreBase):
        for table in base.metadata.tables.values():
            for column in table.columns:
                assert getattr(column.type, "timezone", True), str(column)


@pytest.mark.parametrize("line", [CONTROL, TENANT])
def test_each_line_of_migrations_has_one_head(line):
    assert len(ScriptDirectory(str(line)).get_heads()) == 1


def test_facts_are_append_only():
    facts = {"events", "audit_log", "survey_versions", "response_revisions"}
    declared = {table.name for table in tenant_tables() if table.info.get("append_only")}
    assert facts <= declared
