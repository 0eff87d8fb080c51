"""What a tenant's role may do, said in the migration that makes the table.

A schema's default privileges give its role and the disposal login DML on each new table. An append-only table
takes UPDATE and DELETE back from the role, except UPDATE on the columns named.
"""

from alembic import op

READ_ONLY = ("alembic_version",)


def append_only(table: str, *updatable: str) -> None:
    """Revokes UPDATE, DELETE and TRUNCATE on the table from the tenant's role (it is called like its schema)."""
    columns = f"GRANT UPDATE ({', '.join(updatable)}) ON {table} TO %I" if updatable else ""
    _as_tenant(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I", columns)


def read_only(table: str) -> None:
    """The tenant's role may only read the table."""
    _as_tenant(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM %I")


def _as_tenant(*statements: str) -> None:
    body = " ".join(f"EXECUTE format('{s}', current_schema());" for s in statements if s)
    op.execute(f"DO $$ BEGIN {body} END $$")
