"""Operators and what they look after"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_attempts")),
        schema="control",
    )
    op.create_index(
        "ix_operator_attempts_account", "operator_attempts", ["account", "at"], unique=False, schema="control"
    )
    op.create_index(
        "ix_operator_attempts_address", "operator_attempts", ["address", "at"], unique=False, schema="control"
    )
    op.create_table(
        "operator_audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_audit")),
        schema="control",
    )
    op.create_index(
        "ix_operator_audit_operator_id", "operator_audit", ["operator_id", "id"], unique=False, schema="control"
    )
    op.create_index(
        "ix_operator_audit_tenant_id", "operator_audit", ["tenant_id", "id"], unique=False, schema="control"
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("recovery_hashes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("set_up_hash", sa.LargeBinary(), nullable=True),
        sa.Column("set_up_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("email_index", name=op.f("uq_operators_email_index")),
        sa.UniqueConstraint("set_up_hash", name=op.f("uq_operators_set_up_hash")),
        schema="control",
    )
    op.create_table(
        "operator_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["control.operators.id"], name=op.f("fk_operator_sessions_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_operator_sessions_token_hash")),
        schema="control",
    )
    op.create_index(
        op.f("ix_operator_sessions_operator_id"),
        "operator_sessions",
        ["operator_id"],
        unique=False,
        schema="control",
    )
    op.create_table(
        "support_openings",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("allows", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["control.tenants.id"], name=op.f("fk_support_openings_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_support_openings")),
        schema="control",
    )
    op.create_index(
        op.f("ix_support_openings_tenant_id"), "support_openings", ["tenant_id"], unique=False, schema="control"
    )
    op.create_table(
        "tenant_failures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("oldest_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["control.tenants.id"], name=op.f("fk_tenant_failures_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reaction", "reason", name=op.f("pk_tenant_failures")),
        schema="control",
    )
    op.create_table(
        "tenant_health",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mails_queued", sa.Integer(), nullable=False),
        sa.Column("mails_sending", sa.Integer(), nullable=False),
        sa.Column("mails_unknown", sa.Integer(), nullable=False),
        sa.Column("mails_failed", sa.Integer(), nullable=False),
        sa.Column("mails_oldest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("events_waiting", sa.Integer(), nullable=False),
        sa.Column("events_oldest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deliveries_failed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["control.tenants.id"], name=op.f("fk_tenant_health_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_health")),
        schema="control",
    )
    op.create_index(
        "ix_outbox_troubled",
        "outbox",
        ["finished_at"],
        unique=False,
        schema="control",
        postgresql_where=sa.text("state IN ('unknown', 'refused')"),
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON control.operator_audit FROM rapport_control")
