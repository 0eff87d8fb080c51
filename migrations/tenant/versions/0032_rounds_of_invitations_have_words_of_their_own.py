"""rounds of invitations have words of their own"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "survey_rounds",
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
