"""Heads of audit chains stand outside the tenants"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_anchors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_entries", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_entry", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["control.tenants.id"], name=op.f("fk_audit_anchors_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_anchors")),
        schema="control",
    )
