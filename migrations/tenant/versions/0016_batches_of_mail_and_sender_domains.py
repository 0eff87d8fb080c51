"""Batches of mail can be stopped and tenants send from domains of their own"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'paused', 'cancelled')", name=op.f("ck_mail_batches_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_batches")),
    )
    op.create_table(
        "sender_domains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("local_part", sa.String(), nullable=False),
        sa.Column("selector", sa.String(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("local_part <> ''", name=op.f("ck_sender_domains_local_part_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_domains")),
    )
    op.create_index("uq_sender_domains_domain", "sender_domains", ["domain"], unique=True)
    op.create_index(
        "uq_sender_domains_main", "sender_domains", ["main"], unique=True, postgresql_where=sa.text("main")
    )
    op.add_column("outbox", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_outbox_batch_id",
        "outbox",
        ["batch_id"],
        unique=False,
        postgresql_where=sa.text("batch_id IS NOT NULL AND state IN ('queued', 'leased', 'held')"),
    )
    op.add_column("tenant_settings", sa.Column("reply_to", sa.String(), nullable=True))
    op.drop_constraint(op.f("ck_outbox_state_known"), "outbox")
    op.create_check_constraint(
        op.f("ck_outbox_state_known"),
        "outbox",
        "state IN ('queued', 'leased', 'sending', 'accepted', 'refused', 'unknown', 'cancelled', 'held')",
    )
