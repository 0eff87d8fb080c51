"""quotas are counted, and answers keep what follows from them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_quotas",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("quota_id", sa.String(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_survey_quotas_taken")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_survey_quotas_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("survey_id", "quota_id", name=op.f("pk_survey_quotas")),
    )
    for name in ("hidden", "variables"):
        op.add_column("responses", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("responses", sa.Column("ending", sa.String(), nullable=True))
    op.add_column("responses", sa.Column("quotas", sa.ARRAY(sa.String()), nullable=True))
    for name in ("state", "finished_at"):
        op.drop_constraint(op.f(f"ck_responses_{name}"), "responses", type_="check")
    op.create_check_constraint(
        op.f("ck_responses_state"), "responses", "state IN ('partial', 'finished', 'screened')"
    )
    op.create_check_constraint(
        op.f("ck_responses_finished_at"), "responses", "(state <> 'partial') = (finished_at IS NOT NULL)"
    )
