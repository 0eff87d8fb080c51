"""Texts of a trusted business are not judged"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tenant_settings", sa.Column("trusted", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "tenant_settings",
        sa.Column(
            "allowed_hosts",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
