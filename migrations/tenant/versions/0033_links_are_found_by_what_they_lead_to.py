"""links are found by what they lead to, tell no day, and what was cancelled before is ended"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TELL_NO_DAY = """
    UPDATE personal_links SET spent_at = '1970-01-01 00:00:00+00'
    WHERE purpose = 'survey.answer' AND spent_at = date_trunc('day', spent_at, 'UTC')
"""
"""Whoever answered an anonymous survey left the beginning of their day here. No other act is noted without seconds;
it need not be known whether the survey is anonymous still."""
MIX = """
    INSERT INTO marks (name, subject_id, by, at)
    SELECT DISTINCT 'links.unmixed', ref_id, NULL::uuid, date_trunc('day', now(), 'UTC') - interval '1 day'
    FROM personal_links WHERE purpose = 'survey.answer' AND spent_at = '1970-01-01 00:00:00+00'
    ON CONFLICT DO NOTHING
"""
"""They stand in the order in which they were spent, also those that were restored from a copy."""
END = """
    INSERT INTO marks (name, subject_id, by, at)
    SELECT 'contacts.unreleased', batch.id, NULL::uuid, batch.changed_at FROM mail_batches batch
    WHERE batch.state = 'cancelled'
    AND EXISTS (SELECT FROM contacts WHERE contacts.batch_id = batch.id AND contacts.state = 'requested')
    ON CONFLICT DO NOTHING
"""
"""Messages of batches that were cancelled before there was such a mark hold room in their people's budget."""


def upgrade() -> None:
    op.create_index("ix_personal_links_ref_id", "personal_links", ["ref_id", "purpose"], unique=False)
    for statement in (TELL_NO_DAY, MIX, END):
        op.execute(statement)
