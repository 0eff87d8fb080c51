"""A mail says whether its sender is proved, and one that its domain disowns is kept aside"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATES = (
    "'received', 'waiting', 'logged', 'unassigned', 'quarantined', 'set_aside', 'bounce', 'ignored', 'failed',"
    " 'forgotten'"
)
KNOWN = "authentication IN ('verified', 'unverified', 'failed')"


def upgrade() -> None:
    op.add_column("inbound_mails", sa.Column("authentication", sa.String(), nullable=True))
    op.add_column("inbound_mails", sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("interactions", sa.Column("authentication", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_inbound_mails_authentication_known"), "inbound_mails", KNOWN)
    op.create_check_constraint(op.f("ck_interactions_authentication_known"), "interactions", KNOWN)
    op.drop_constraint(op.f("ck_inbound_mails_state_known"), "inbound_mails")
    op.create_check_constraint(op.f("ck_inbound_mails_state_known"), "inbound_mails", f"state IN ({STATES})")
    op.drop_index(op.f("ix_inbound_mails_open"), table_name="inbound_mails")
    op.create_index(
        "ix_inbound_mails_unplaced",
        "inbound_mails",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('logged', 'bounce')"),
    )
