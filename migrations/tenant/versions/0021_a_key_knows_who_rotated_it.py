"""A key knows who rotated it. Who did so far stands in the audit log, the newest entry last."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ROTATION = """
    SELECT actor_id FROM audit_log
    WHERE subject_id = api_keys.id AND action = 'api_key.rotated' ORDER BY id DESC LIMIT 1 OFFSET {before}
"""


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("rotated_by", sa.Uuid(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_rotated_by", sa.Uuid(), nullable=True))
    seen = {"rotated_by": 0, "previous_rotated_by": 1}
    values = ", ".join(f"{column} = ({ROTATION.format(before=before)})" for column, before in seen.items())
    op.execute(f"UPDATE api_keys SET {values} WHERE rotated_at IS NOT NULL")
