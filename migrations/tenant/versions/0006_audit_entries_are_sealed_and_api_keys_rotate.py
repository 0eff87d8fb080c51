"""Audit entries are sealed, and API keys rotate"""

import sqlalchemy as sa
from alembic import op

from migrations import grants

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
        info={"append_only": True, "updatable": ("anchored_at",)},
    )
    grants.append_only("audit_seals", "anchored_at")
    op.add_column("audit_log", sa.Column("request_id", sa.String(), nullable=True))
    op.add_column("audit_log", sa.Column("sealed_in", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("ck_audit_log_actor_kind"), "audit_log")
    op.create_check_constraint(
        op.f("ck_audit_log_actor_kind"),
        "audit_log",
        "actor_kind IN ('staff', 'api_key', 'operator', 'support', 'system')",
    )
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_log_action", "audit_log", ["action", "id"], unique=False)
    op.create_index(
        "ix_audit_log_unsealed", "audit_log", ["id"], unique=False, postgresql_where=sa.text("sealed_in IS NULL")
    )
    grants.append_only("audit_log", "sealed_in")
    op.add_column("api_keys", sa.Column("requests_per_minute", sa.Integer(), server_default="1200", nullable=False))
    op.add_column("api_keys", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("previous_hint", sa.String(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_token_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("previous_last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
