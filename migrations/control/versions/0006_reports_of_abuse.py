"""Reports of abuse"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "abuse_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("found", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('report', 'held')", name=op.f("ck_abuse_reports_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'acting', 'dismissed', 'acted')", name=op.f("ck_abuse_reports_state")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["control.tenants.id"], name=op.f("fk_abuse_reports_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abuse_reports")),
        sa.UniqueConstraint("key", name=op.f("uq_abuse_reports_key")),
        schema="control",
    )
    op.create_index(
        op.f("ix_abuse_reports_tenant_id"), "abuse_reports", ["tenant_id"], unique=False, schema="control"
    )
    op.create_index(
        "ix_abuse_reports_waiting",
        "abuse_reports",
        ["id"],
        unique=False,
        schema="control",
        postgresql_where=sa.text("state IN ('open', 'acting')"),
    )
