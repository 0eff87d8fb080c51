"""messages and consents name their address by its index"""

import sqlalchemy as sa
from alembic import op

from migrations import grants

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("email_index", sa.LargeBinary(), nullable=True))
    op.add_column("contacts", sa.Column("email_index", sa.LargeBinary(), nullable=True))
    grants.append_only("contacts", "state", "reason", "settled_at", "due_at", "email_index")
    grants.append_only("consents", "email_index")
