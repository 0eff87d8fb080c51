"""Sign-ups know the owner's name"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ups", sa.Column("name", sa.LargeBinary(), nullable=True), schema="control")
