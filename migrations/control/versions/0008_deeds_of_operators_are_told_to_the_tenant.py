"""Deeds of operators are told to the tenant"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenant_transitions", sa.Column("cause", sa.String(), nullable=True), schema="control")
    op.add_column(
        "tenant_transitions", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True), schema="control"
    )
    op.create_index(
        "ix_tenant_transitions_untold",
        "tenant_transitions",
        ["id"],
        unique=False,
        schema="control",
        postgresql_where=sa.text("cause IS NOT NULL AND told_at IS NULL"),
    )
