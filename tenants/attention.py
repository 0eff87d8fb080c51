"""What in the administration of a workspace waits for somebody: cheap counts, which Home asks all at once."""

from datetime import timedelta

from sqlalchemy import Select, and_, exists, func, or_, select

from infra.clock import now
from tenants.models import ApiKey, Domain, Invitation, SecondFactor, StaffMember, TenantSettings
from tenants.webhooks.models import WebhookEndpoint

SOON = timedelta(days=14)
"""How long before its end a key is brought up."""


def domains_without_proof() -> Select[int]:
    """Domains that are not served, or whose records were not found at the last look."""
    troubled = or_(Domain.verified_at.is_(None), Domain.failing_since.is_not(None))
    return select(func.count(Domain.id)).where(Domain.removed_at.is_(None), troubled)


def webhooks_paused() -> Select[int]:
    """Endpoints that the product paused because they kept failing; what a person paused they know of."""
    by_product = and_(WebhookEndpoint.state == "paused", WebhookEndpoint.state_reason != "person")
    return select(func.count(WebhookEndpoint.id)).where(by_product)


def keys_ending() -> Select[int]:
    """Keys in use that end within SOON; one that nobody has used is no loss."""
    ending = ApiKey.expires_at.between(now(), now() + SOON)
    return select(func.count(ApiKey.id)).where(
        ApiKey.revoked_at.is_(None), ApiKey.last_used_at.is_not(None), ending
    )


def invitations_open() -> Select[int]:
    """Colleagues who were asked and have not answered, also those whose invitation has run out."""
    return select(func.count(Invitation.id)).where(
        Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )


def members_without_second_factor() -> Select[int]:
    """Colleagues who lack the second factor that the workspace asks for; none while it asks for none."""
    asked = exists().where(TenantSettings.second_factor_required_at.is_not(None))
    proved = exists().where(SecondFactor.staff_id == StaffMember.id, SecondFactor.confirmed_at.is_not(None))
    return select(func.count(StaffMember.id)).where(StaffMember.deactivated_at.is_(None), asked, ~proved)
