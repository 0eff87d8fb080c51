"""Anchors of audit chains are not deleted; each tenant has one from the beginning, so spares without are made anew."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("REVOKE DELETE, TRUNCATE ON control.audit_anchors FROM rapport_control")
    op.execute(
        "UPDATE control.tenants SET state = 'making' WHERE state = 'spare'"
        " AND NOT EXISTS (SELECT FROM control.audit_anchors WHERE tenant_id = control.tenants.id)"
    )
