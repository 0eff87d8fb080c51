"""Second factors, what a session proved and on what device, and that a workspace asks for second factors"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("offered", sa.LargeBinary(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("recovery_hashes", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name=op.f("fk_second_factors_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factors")),
    )
    op.add_column("staff_sessions", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff_sessions", sa.Column("device", sa.String(), nullable=True))
    op.add_column(
        "tenant_settings", sa.Column("second_factor_required_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("tenant_settings", sa.Column("second_factor_required_by", sa.Uuid(), nullable=True))
