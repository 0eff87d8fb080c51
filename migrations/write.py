"""Writes a migration from the models: `python -m migrations.write tenant "why"`.

Compares the models with a scratch schema that was brought to the head of the line, in the development database,
and rolls back. `--tables a,b` looks at these tables only. `--initial` writes the line anew as one first migration;
only before the first release.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, make_url

import migrations.models
from infra.db import ControlBase, Databases, TenantBase
from infra.settings import load
from migrations import CONTROL, TENANT
from tenants.migrations import upgrade_sql

SCRATCH = "migration_scratch"


def main() -> None:
    assert migrations.models
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("line", choices=["control", "tenant"])
    parser.add_argument("message", nargs="?", default="The first tables")
    parser.add_argument("--tables", default="", help="only these, separated by commas")
    parser.add_argument("--initial", action="store_true")
    options = parser.parse_args()
    line = CONTROL if options.line == "control" else TENANT
    versions = line / "versions"
    if options.initial:
        for old in versions.glob("[0-9]*.py"):
            old.unlink()
    metadata = TenantBase.metadata if line == TENANT else ControlBase.metadata
    body = difference(line, metadata, set(filter(None, options.tables.split(","))))
    if body is None:
        sys.exit("The models and the migrations agree; nothing to write.")
    script = ScriptDirectory(str(line))
    number = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", options.message.lower()).strip("_")
    heads = script.get_current_head()
    template = (line / "script.py.mako").read_text()
    from mako.template import Template

    text = Template(template).render(
        message=options.message, up_revision=number, down_revision=heads, upgrades=body
    )
    path = versions / f"{number}_{slug}.py"
    path.write_text(text)
    for command in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(path)], check=True)
    print(path.relative_to(Path.cwd()))


def difference(line: Path, metadata: MetaData, tables: set[str]) -> str | None:
    """The operations that are missing from the line, as Python; None when there are none.

    Looks at `tables` only, or at all when there are none.
    """
    databases = Databases(load())
    engine = create_engine(make_url(databases.dsn("default", "owner")).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        control = line == CONTROL
        schema = "control" if control else SCRATCH
        if control:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS control CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        connection.exec_driver_sql(f"SELECT set_config('search_path', '{schema}', true)")
        connection.exec_driver_sql("SET LOCAL role = rapport_owner")
        if list((line / "versions").glob("[0-9]*.py")):
            _run(connection, line, schema)
        context = MigrationContext.configure(
            connection,
            opts={
                "target_metadata": metadata,
                "compare_type": True,
                "include_schemas": line == CONTROL,
                "include_name": lambda name, kind, parents: (
                    kind != "schema" or name == (schema if control else None)
                ),
                "include_object": lambda item, name, kind, reflected, other: (
                    kind != "table" or not tables or name in tables
                ),
                "version_table_schema": schema if line == CONTROL else None,
            },
        )
        connection.dialect.default_schema_name = "public" if line == CONTROL else schema
        operations = produce_migrations(context, metadata)
        upgrade = operations.upgrade_ops
        if upgrade is None or upgrade.is_empty():
            return None
        code = render_python_code(upgrade, migration_context=context, render_item=_plain_type)
        connection.rollback()
    return code + "".join(_append_only_lines(metadata, code)) if line == TENANT else code


def _plain_type(kind: str, item: object, context: object) -> str | bool:
    """A migration names the database's type, not our decorator around it, which may move or go."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


def _run(connection: Any, line: Path, schema: str) -> None:
    text = upgrade_sql(line, None, "control" if line == CONTROL else None)
    text = re.sub(r"DO \$\$.*?END \$\$;", "", text, flags=re.S)
    connection.connection.driver_connection.execute(text)


def _append_only_lines(metadata: MetaData, code: str) -> list[str]:
    lines = []
    for table in metadata.sorted_tables:
        if table.info.get("append_only") and f"op.create_table('{table.name}'" in code:
            names = "".join(f", {name!r}" for name in table.info["updatable"])
            lines.append(f"\n    grants.append_only({table.name!r}{names})")
    if "op.create_table('events'" in code:
        lines.append("\n    grants.read_only('alembic_version')")
    return lines


if __name__ == "__main__":
    main()
