"""Hosts carry their proof"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hosts", sa.Column("proof", sa.String(), nullable=True), schema="control")
    op.add_column("hosts", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True), schema="control")
    op.add_column(
        "hosts", sa.Column("main", sa.Boolean(), server_default=sa.text("false"), nullable=False), schema="control"
    )
    op.create_index(
        "uq_hosts_main", "hosts", ["tenant_id"], unique=True, schema="control", postgresql_where=sa.text("main")
    )
