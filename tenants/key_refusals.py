"""Refused API keys in the audit log: which key and why, without what was sent.

A program that goes on with a key that has ended, or one that guesses, is seen without filling the log: whoever
calls this says how seldom (`web.api.allowance`).
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.ids import token_hash
from tenants import audit
from tenants.errors import KeyRequired
from tenants.models import ApiKey
from tenants.permissions import SYSTEM

OURS, UNKNOWN = "api_key.refused", "api_key.unknown_refused"


def note(session: Session, secret: str, refusal: KeyRequired) -> None:
    """Notes that a secret was refused; with the key, where it was one of this workspace. Commit it at once."""
    hashed = token_hash(secret[:100])
    ours = or_(ApiKey.token_hash == hashed, ApiKey.previous_token_hash == hashed)
    key_id = session.scalar(select(ApiKey.id).where(ours))
    if key_id is None:
        audit.record(session, UNKNOWN, by=SYSTEM)
    else:
        audit.record(session, OURS, by=SYSTEM, subject=key_id, reason=refusal.code)
