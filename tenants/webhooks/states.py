"""The states of an endpoint that the product itself may bring about."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.mail import outbox
from tenants import audit
from tenants.models import StaffMember
from tenants.permissions import PERMISSIONS, SYSTEM, Actor
from tenants.webhooks.models import WebhookEndpoint

PATIENCE = timedelta(days=3)
"""How long every attempt may fail before an endpoint is paused."""
PAUSED_MAIL = "webhooks.paused"
FAILING, GONE = "failing", "gone"


def set_state(endpoint: WebhookEndpoint, state: str, reason: str) -> None:
    """Notes the state, why, and since when."""
    endpoint.state, endpoint.state_reason, endpoint.state_at = state, reason, now()


def pause(session: Session, endpoint: WebhookEndpoint, *, by: Actor, reason: str = "person") -> None:
    """Nothing is sent any more; what happens is kept for three days. Pausing what is paused does nothing."""
    if endpoint.state == "paused":
        return
    set_state(endpoint, "paused", reason)
    audit.record(session, "webhook.paused", by=by, subject=endpoint.id, reason=reason)


def note_success(endpoint: WebhookEndpoint) -> None:
    """An unbroken run of failures ends with the first success."""
    endpoint.failing_since = None


def note_failure(session: Session, endpoint: WebhookEndpoint, moment: datetime, *, gone: bool) -> None:
    """Pauses an endpoint that says it is gone (410), or that has failed for PATIENCE, and tells the admins once."""
    endpoint.failing_since = endpoint.failing_since or moment
    if endpoint.state != "active":
        return
    if gone or moment - endpoint.failing_since >= PATIENCE:
        pause(session, endpoint, by=SYSTEM, reason=GONE if gone else FAILING)
        _tell_admins(session, endpoint)


def _tell_admins(session: Session, endpoint: WebhookEndpoint) -> None:
    """One mail to each who may resume it; its key names endpoint, moment and member, so that none comes twice."""
    admins = select(StaffMember).where(
        StaffMember.role.in_(PERMISSIONS["webhooks.manage"]), StaffMember.deactivated_at.is_(None)
    )
    for member in session.scalars(admins):
        key = f"{PAUSED_MAIL}:{endpoint.id}:{endpoint.state_at:%Y%m%d%H%M%S}:{member.id}"
        outbox.send(session, PAUSED_MAIL, ref=member.id, key=key, locale=member.locale or "en")
