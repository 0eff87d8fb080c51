"""The mail to the admins of a paused endpoint."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from infra import links
from infra.i18n import gettext
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding
from tenants.models import StaffMember
from tenants.webhooks.models import WebhookEndpoint
from tenants.webhooks.states import GONE, PAUSED_MAIL


def paused(session: Session, mail: OutgoingMail) -> Message | None:
    """None when the endpoint was resumed or deleted meanwhile, or the admin has left. Its key names it."""
    member = session.get(StaffMember, mail.ref)
    endpoint = session.get(WebhookEndpoint, UUID(mail.key.split(":")[1]))
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    if endpoint is None or endpoint.state != "paused":
        return None
    host = urlsplit(endpoint.url).hostname or ""
    return write(
        mail,
        "tenants/mail/webhook_paused",
        to=member.email,
        to_name=member.name,
        subject=gettext("Your webhook to %(host)s is paused"),
        brand=Brand(accent=branding.get_settings(session).accent),
        fields={
            "name": member.name,
            "host": host,
            "workspace": mail.tenant.slug,
            "link": links.tenant_url(mail.settings, mail.tenant.slug, f"/console/settings/webhooks/{endpoint.id}"),
        },
        gone=endpoint.state_reason == GONE,
    )


PURPOSES: Mapping[str, Renderer] = {PAUSED_MAIL: paused}
