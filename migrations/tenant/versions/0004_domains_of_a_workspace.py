"""Domains of a workspace"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "domains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("text_state", sa.String(), nullable=False),
        sa.Column("text_seen", sa.String(), nullable=True),
        sa.Column("pointer_state", sa.String(), nullable=False),
        sa.Column("pointer_seen", sa.String(), nullable=True),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "pointer_state IN ('unknown', 'found', 'missing', 'elsewhere', 'unanswered')",
            name=op.f("ck_domains_pointer_state"),
        ),
        sa.CheckConstraint(
            "text_state IN ('unknown', 'found', 'missing', 'elsewhere', 'unanswered')",
            name=op.f("ck_domains_text_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domains")),
    )
    op.create_index(
        "uq_domains_host", "domains", ["host"], unique=True, postgresql_where=sa.text("removed_at IS NULL")
    )
    op.create_index(
        "uq_domains_main", "domains", ["main"], unique=True, postgresql_where=sa.text("main AND removed_at IS NULL")
    )
