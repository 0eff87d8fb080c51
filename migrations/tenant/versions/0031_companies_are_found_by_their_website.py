"""companies are found by their website"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_companies_website",
        "companies",
        [sa.literal_column("lower(website)").label("folded")],
        unique=False,
        postgresql_ops={"folded": "text_pattern_ops"},
        postgresql_where=sa.text("website IS NOT NULL"),
    )
