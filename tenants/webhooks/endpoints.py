"""Endpoints: made, changed, paused, resumed, turned off, deleted; their secrets rotated."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.errors import Invalid
from infra.http import Policy, UrlRefused, check_url
from infra.i18n import N_
from infra.jobs import enqueue
from tenants import audit
from tenants.permissions import Actor
from tenants.webhooks import catalogue, signing
from tenants.webhooks.errors import TooManyWebhooks, WebhookNotFound
from tenants.webhooks.jobs import FLAG, send_webhooks
from tenants.webhooks.models import EVERY_KIND, WebhookDelivery, WebhookEndpoint
from tenants.webhooks.states import pause, set_state

MOST = 20
"""Endpoints of a workspace: every event is looked at for each."""
LONGEST_DESCRIPTION = 200

KINDS_MISSING = N_("Choose at least one event, or all of them.")
KIND_UNKNOWN = N_("One of these events does not exist.")
DESCRIPTION_TOO_LONG = N_("Use at most 200 characters.")
TURNED_OFF = "disabled"


def create(
    session: Session, policy: Policy, *, url: str, kinds: Collection[str], description: str = "", by: Actor
) -> WebhookEndpoint:
    """A new, active endpoint. Raises Invalid with the fields at fault, and TooManyWebhooks."""
    checked = _checked(policy, url, kinds, description)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("webhook_endpoints"))))
    if (session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= MOST:
        raise TooManyWebhooks(most=MOST)
    endpoint = WebhookEndpoint(url=checked[0], kinds=checked[1], description=checked[2], created_by=by.id)
    session.add(endpoint)
    session.flush()
    audit.record(session, "webhook.created", by=by, subject=endpoint.id, kinds=endpoint.kinds)
    return endpoint


def change(
    session: Session,
    endpoint: WebhookEndpoint,
    policy: Policy,
    *,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    description: str | None = None,
    by: Actor,
) -> WebhookEndpoint:
    """What is None stays. What waits is sent to the new address. Raises Invalid with the fields at fault."""
    before = (endpoint.url, endpoint.kinds, endpoint.description)
    after = _checked(
        policy,
        endpoint.url if url is None else url,
        endpoint.kinds if kinds is None else kinds,
        endpoint.description if description is None else description,
    )
    if after != before:
        endpoint.url, endpoint.kinds, endpoint.description = after
        session.flush()
        moved = before[0] != after[0]
        audit.record(
            session, "webhook.changed", by=by, subject=endpoint.id, kinds=endpoint.kinds, address_changed=moved
        )
    return endpoint


def list_all(session: Session) -> Sequence[WebhookEndpoint]:
    """All endpoints, the newest first; never more than MOST."""
    return session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id.desc())).all()


def list_of(session: Session, member_id: UUID) -> Sequence[WebhookEndpoint]:
    """Those that somebody made, whose secret they saw, for whoever lets them go; what is off sends nothing."""
    theirs = (WebhookEndpoint.created_by == member_id, WebhookEndpoint.state != "disabled")
    return session.scalars(select(WebhookEndpoint).where(*theirs).order_by(WebhookEndpoint.id)).all()


def get(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    """An endpoint. Raises WebhookNotFound."""
    found = session.get(WebhookEndpoint, endpoint_id)
    if found is None:
        raise WebhookNotFound()
    return found


def resume(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> None:
    """What was kept is sent now, with all its tries. Resuming what is active does nothing."""
    if endpoint.state == "active":
        return
    set_state(endpoint, "active", "person")
    endpoint.failing_since = None
    session.flush()
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == "waiting")
        .values(next_attempt_at=now(), attempts=0)
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "webhook.resumed", by=by, subject=endpoint.id)
    enqueue(session, send_webhooks, once=FLAG)


def disable(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> None:
    """Turns it off: nothing is sent and nothing kept; what waited has failed. Doing it again does nothing."""
    if endpoint.state == "disabled":
        return
    set_state(endpoint, "disabled", "person")
    session.flush()
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == "waiting")
        .values(state="failed", outcome=TURNED_OFF, finished_at=now())
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "webhook.disabled", by=by, subject=endpoint.id)


def delete(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> None:
    """Deletes it with its deliveries."""
    audit.record(session, "webhook.deleted", by=by, subject=endpoint.id)
    session.delete(endpoint)
    session.flush()


def rotate_secret(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> str:
    """A new secret. The one before signs beside it for 24 hours, so that the receiver can change over.

    The one before that stops at once, so that a leak is ended by rotating twice.
    """
    session.refresh(endpoint, with_for_update=True)
    endpoint.secret_number += 1
    endpoint.previous_secret_until = now() + signing.OVERLAP
    session.flush()
    audit.record(session, "webhook.secret_rotated", by=by, subject=endpoint.id, number=endpoint.secret_number)
    return signing.secret_of(endpoint)


def show_secret(session: Session, endpoint: WebhookEndpoint, *, by: Actor) -> str:
    """The present secret; that somebody looked is recorded."""
    audit.record(session, "webhook.secret_shown", by=by, subject=endpoint.id)
    return signing.secret_of(endpoint)


def _checked(policy: Policy, url: str, kinds: Collection[str], description: str) -> tuple[str, list[str], str]:
    problems: dict[str, list[str]] = {}
    try:
        url = check_url(url.strip(), policy).url
    except UrlRefused as refused:
        problems["url"] = [refused.message]
    if not kinds:
        problems["kinds"] = [KINDS_MISSING]
    elif not set(kinds) <= {EVERY_KIND, *catalogue.configured().names}:
        problems["kinds"] = [KIND_UNKNOWN]
    if len(description.strip()) > LONGEST_DESCRIPTION:
        problems["description"] = [DESCRIPTION_TOO_LONG]
    if problems:
        raise Invalid(problems=problems)
    return url, [EVERY_KIND] if EVERY_KIND in kinds else sorted(set(kinds)), description.strip()


__all__ = [
    "change",
    "create",
    "delete",
    "disable",
    "get",
    "list_all",
    "list_of",
    "pause",
    "resume",
    "rotate_secret",
    "show_secret",
]
