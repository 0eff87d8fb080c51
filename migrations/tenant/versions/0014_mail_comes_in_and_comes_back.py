"""Mail comes in and comes back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bounces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("diagnostic", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('hard', 'soft', 'complaint', 'reply', 'delivered', 'unknown')",
            name=op.f("ck_bounces_kind_known"),
        ),
        sa.CheckConstraint(
            "proof IN ('outbox', 'message_id', 'address', 'none')", name=op.f("ck_bounces_proof_known")
        ),
        sa.CheckConstraint("source IN ('smtp', 'mail', 'ses')", name=op.f("ck_bounces_source_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
    )
    op.create_index(
        "ix_bounces_open", "bounces", ["id"], unique=False, postgresql_where=sa.text("acted_at IS NULL")
    )
    op.create_index(
        "ix_bounces_person_id",
        "bounces",
        ["person_id", "at"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index("uq_bounces_key", "bounces", ["key"], unique=True)
    op.create_table(
        "inbound_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_hash", sa.LargeBinary(), nullable=False),
        sa.Column("variant", sa.LargeBinary(), nullable=False),
        sa.Column("local_part", sa.String(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=True),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("automatic", sa.String(), nullable=True),
        sa.Column("sender", sa.LargeBinary(), nullable=True),
        sa.Column("sender_index", sa.LargeBinary(), nullable=True),
        sa.Column("sender_name", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("automatic IN ('reply', 'bulk', 'loop')", name=op.f("ck_inbound_mails_automatic_known")),
        sa.CheckConstraint(
            "state IN ('received', 'waiting', 'logged', 'unassigned', 'set_aside', 'bounce', 'ignored', 'failed')",
            name=op.f("ck_inbound_mails_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
    )
    op.create_index(
        "ix_inbound_mails_open",
        "inbound_mails",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'waiting', 'unassigned')"),
    )
    op.create_index("ix_inbound_mails_sender", "inbound_mails", ["sender_index", "received_at"], unique=False)
    op.create_index("uq_inbound_mails_message", "inbound_mails", ["message_hash", "variant"], unique=True)
    op.add_column(
        "tenant_settings", sa.Column("soft_bounces", sa.Integer(), server_default=sa.text("5"), nullable=False)
    )
    op.add_column(
        "tenant_settings", sa.Column("soft_bounce_days", sa.Integer(), server_default=sa.text("30"), nullable=False)
    )
