"""Whether whoever began long work may still do so when a worker takes it up."""

from uuid import UUID

from sqlalchemy.orm import Session

from infra.clock import now
from tenants.models import ApiKey, StaffMember
from tenants.permissions import SYSTEM, Actor, of_role, of_scopes


def may_still(session: Session, starter_id: UUID, permission: str) -> bool:
    """Asks the same table as pages and API: an active member's role, or a living key's scopes. Nobody else may."""
    member = session.get(StaffMember, starter_id)
    if member is not None:
        return member.deactivated_at is None and permission in of_role(member.role)
    key = session.get(ApiKey, starter_id)
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now()):
        return False
    return permission in of_scopes(key.scopes)


def actor_of(session: Session, starter_id: UUID | None) -> Actor:
    """Whoever began it, as what they do is recorded: a member, an API key, or else the product."""
    if starter_id is None:
        return SYSTEM
    return Actor("api_key" if session.get(ApiKey, starter_id) is not None else "staff", starter_id)
