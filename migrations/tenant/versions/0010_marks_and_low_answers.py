"""Marks on things, and an index that finds low answers with words"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "subject_id", name=op.f("pk_marks")),
    )
    op.create_index(
        "ix_responses_low",
        "responses",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("texts <> '{}' AND (nps <= 6 OR csat <= 2 OR ces <= 3)"),
    )
