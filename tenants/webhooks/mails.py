"""The mail to the admins when the product has paused a webhook."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import links
from infra.i18n import gettext
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding
from tenants.domains import claims
from tenants.models import StaffMember
from tenants.webhooks.models import WebhookEndpoint
from tenants.webhooks.states import FAILING, GONE, PAUSED_MAIL


def paused(session: Session, mail: OutgoingMail) -> Message | None:
    """Names every webhook that is paused when the mail goes out; None when all were resumed, or the admin left."""
    member = session.get(StaffMember, mail.ref)
    found = session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.state == "paused", WebhookEndpoint.state_reason.in_((FAILING, GONE)))
        .order_by(WebhookEndpoint.state_at.desc())
    ).all()
    if member is None or member.deactivated_at is not None or mail.tenant is None or not found:
        return None
    home = claims.home(session)
    lines = tuple(
        (
            urlsplit(each.url).hostname or "",
            each.state_reason == GONE,
            links.tenant_url(mail.settings, home, f"/console/settings/webhooks/{each.id}"),
        )
        for each in found
    )
    return write(
        mail,
        "tenants/mail/webhook_paused",
        to=member.email,
        to_name=member.name,
        subject=gettext("A webhook of %(workspace)s is paused"),
        brand=Brand(accent=branding.get_settings(session).accent),
        fields={"name": member.name, "workspace": mail.workspace},
        webhooks=lines,
    )


PURPOSES: Mapping[str, Renderer] = {PAUSED_MAIL: paused}
