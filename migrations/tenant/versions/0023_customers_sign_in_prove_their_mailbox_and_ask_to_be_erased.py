"""Customers sign in, prove their mailbox and ask to be erased"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'withdrawn', 'done', 'refused')", name=op.f("ck_erasure_requests_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    op.create_index(
        "uq_erasure_requests_open",
        "erasure_requests",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "portal_proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("new_email", sa.LargeBinary(), nullable=True),
        sa.Column("former_email", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("onward", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('sign_in', 'email')", name=op.f("ck_portal_proofs_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_proofs")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_portal_proofs_token_hash")),
    )
    op.create_index("ix_portal_proofs_asked_at", "portal_proofs", ["asked_at"], unique=False)
    op.create_index(
        "uq_portal_proofs_standing",
        "portal_proofs",
        ["address_index", "kind"],
        unique=True,
        postgresql_where=sa.text("spent_at IS NULL AND voided_at IS NULL"),
    )
    op.create_table(
        "portal_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_portal_sessions_token_hash")),
    )
    op.create_index("ix_portal_sessions_person_id", "portal_sessions", ["person_id"], unique=False)
    op.add_column("attributes", sa.Column("own", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("contact_rules", sa.Column("portal_closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact_rules", sa.Column("portal_welcome", sa.String(), nullable=True))
    op.drop_constraint(op.f("ck_audit_log_actor_kind"), "audit_log", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_log_actor_kind"),
        "audit_log",
        "actor_kind IN ('staff', 'api_key', 'operator', 'support', 'system', 'person')",
        postgresql_not_valid=True,  # what stands there passed the narrower rule
    )
