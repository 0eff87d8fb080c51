"""Long jobs have kinds, keys and files"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("long_jobs", sa.Column("kind", sa.String(), nullable=True))
    op.add_column("long_jobs", sa.Column("key", sa.String(), nullable=True))
    op.add_column(
        "long_jobs",
        sa.Column("arguments", postgresql.JSONB(none_as_null=True), server_default="{}", nullable=False),
    )
    op.add_column("long_jobs", sa.Column("filename", sa.String(), nullable=True))
    op.add_column("long_jobs", sa.Column("result_type", sa.String(), nullable=True))
    op.add_column("long_jobs", sa.Column("result_bytes", sa.BigInteger(), nullable=True))
    op.add_column("long_jobs", sa.Column("errors_key", sa.String(), nullable=True))
    op.add_column("long_jobs", sa.Column("errors", sa.Integer(), server_default="0", nullable=False))
    op.add_column("long_jobs", sa.Column("keep_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("long_jobs", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("long_jobs", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_long_jobs_key", "long_jobs", ["key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
