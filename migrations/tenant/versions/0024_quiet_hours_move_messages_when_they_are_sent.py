"""Quiet hours move messages when they are sent"""

from migrations import grants

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    grants.append_only("contacts", "state", "reason", "settled_at", "due_at")
