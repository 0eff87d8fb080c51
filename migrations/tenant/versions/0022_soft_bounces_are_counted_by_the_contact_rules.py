"""Soft bounces are counted by the contact rules"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_bounces_open"), table_name="bounces", postgresql_where="(acted_at IS NULL)")
    op.drop_column("bounces", "acted_at")
    op.drop_column("tenant_settings", "soft_bounces")
    op.drop_column("tenant_settings", "soft_bounce_days")
