"""The mail to the admins: which domains of the workspace fail, and which were switched off."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.hostnames import readable
from infra.i18n import format_moment, gettext, use
from infra.mail import outbox
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding
from tenants.domains.claims import FAILS_FOR
from tenants.models import Domain, StaffMember
from tenants.permissions import PERMISSIONS

TROUBLE_MAIL = "domains.trouble"
SWITCHED_OFF_LATELY = timedelta(days=2)


def tell_admins(session: Session, moment: datetime) -> None:
    """Writes to everybody who may manage domains; what it says is looked up when it is sent."""
    language = branding.get_settings(session).default_locale
    admins = select(StaffMember.id, StaffMember.locale).where(
        StaffMember.deactivated_at.is_(None), StaffMember.role.in_(PERMISSIONS["domains.manage"])
    )
    for row in session.execute(admins):
        key = f"domains:{row.id}:{moment:%Y%m%d%H%M}"
        outbox.send(session, TROUBLE_MAIL, ref=row.id, key=key, locale=row.locale or language)


def trouble(session: Session, mail: OutgoingMail) -> Message | None:
    """None when everything is in order again."""
    member = session.get(StaffMember, mail.ref)
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    settings = branding.get_settings(session)
    query = select(Domain).where(Domain.removed_at.is_(None)).order_by(Domain.host)
    domains = session.scalars(query).all()
    with use(mail.locale, member.zone or settings.zone):
        failing = tuple(
            (readable(domain.host), format_moment(domain.failing_since + FAILS_FOR))
            for domain in domains
            if domain.failing_since is not None
        )
        off = tuple(
            readable(d.host) for d in domains if d.disabled_at and d.disabled_at > now() - SWITCHED_OFF_LATELY
        )
        if not failing and not off:
            return None
        return write(
            mail,
            "tenants/mail/domains",
            to=member.email,
            to_name=member.name,
            subject=gettext("A domain of your workspace needs your attention"),
            brand=Brand(accent=settings.accent),
            fields={"name": member.name, "workspace": mail.workspace, "link": _link(mail)},
            failing=failing,
            off=off,
        )


def _link(mail: OutgoingMail) -> str:
    """At the workspace's own address, whose sign-in stays there: the domain may not work."""
    assert mail.tenant is not None
    return links.tenant_url(mail.settings, mail.tenant.slug, "/console/settings/domains?stay=yes")


PURPOSES: Mapping[str, Renderer] = {TROUBLE_MAIL: trouble}
