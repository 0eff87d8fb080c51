"""Invitations, one owner per workspace, zones of staff, links that confirm an address, owners of surveys"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times_sent", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'editor', 'analyst', 'viewer')", name=op.f("ck_invitations_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["email_index"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )
    _staff()
    op.add_column("surveys", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE surveys SET owner_id = created_by")


def _staff() -> None:
    """The address of somebody who left is free again; of several owners the first one stays."""
    op.add_column("staff_members", sa.Column("zone", sa.String(), nullable=True))
    op.add_column("staff_members", sa.Column("unlisted_since", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("uq_staff_members_email_index", "staff_members")
    op.create_index(
        "uq_staff_members_email_index",
        "staff_members",
        ["email_index"],
        unique=True,
        postgresql_where=sa.text("deactivated_at IS NULL"),
    )
    op.execute(
        "UPDATE staff_members SET role = 'admin' WHERE role = 'owner' AND deactivated_at IS NULL AND id <> "
        "(SELECT id FROM staff_members WHERE role = 'owner' AND deactivated_at IS NULL ORDER BY id LIMIT 1)"
    )
    op.create_index(
        "uq_staff_members_owner",
        "staff_members",
        ["role"],
        unique=True,
        postgresql_where=sa.text("role = 'owner' AND deactivated_at IS NULL"),
    )
    op.add_column("staff_tokens", sa.Column("email", sa.LargeBinary(), nullable=True))
    op.add_column("staff_tokens", sa.Column("email_before", sa.LargeBinary(), nullable=True))
    op.drop_constraint(op.f("ck_staff_tokens_purpose"), "staff_tokens")
    op.create_check_constraint(op.f("ck_staff_tokens_purpose"), "staff_tokens", "purpose IN ('enter', 'email')")
