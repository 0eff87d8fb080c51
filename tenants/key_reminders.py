"""Telling people that an API key ends: two weeks and a day before, to whoever made it and all who manage keys."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.i18n import format_moment, gettext, use
from infra.jobs.declared import job
from infra.mail import outbox
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import api_keys, branding
from tenants.models import ApiKey, StaffMember
from tenants.permissions import PERMISSIONS

FLAG = "api_key_reminders"
EXPIRING_MAIL = "api_keys.expiring"


def next_at(session: Session) -> datetime | None:
    """When the next reminder is due."""
    return session.scalar(select(func.min(ApiKey.remind_at)).where(ApiKey.revoked_at.is_(None)))


@job()
def remind(session: Session) -> None:
    """Asks for the mails that are due. Safe to run twice: a mail has one key for each person, key and reminder."""
    due = select(ApiKey).where(ApiKey.revoked_at.is_(None), ApiKey.remind_at <= now())
    for key in session.scalars(due.with_for_update(skip_locked=True)):
        if key.expires_at is not None and key.expires_at > now():
            for member in _told(session, key):
                _send(session, key, member)
        key.remind_at = api_keys.next_reminder(key.expires_at, now())


def expiring(session: Session, mail: OutgoingMail) -> Message | None:
    """None when the key was revoked, rotated or has ended meanwhile, or the person has left."""
    member = session.get(StaffMember, mail.ref)
    key = session.get(ApiKey, UUID(mail.key.split(":")[1]))
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    if key is None or key.revoked_at is not None or key.expires_at is None or _mark(key) not in mail.key:
        return None
    if key.expires_at <= now():
        return None
    settings = branding.get_settings(session)
    with use(mail.locale, member.zone or settings.zone):
        return write(
            mail,
            "tenants/mail/api_key_expiring",
            to=member.email,
            to_name=member.name,
            subject=gettext("The API key “%(key)s” expires soon"),
            brand=Brand(accent=settings.accent),
            fields={
                "name": member.name,
                "key": key.name,
                "hint": key.hint,
                "moment": format_moment(key.expires_at),
                "workspace": mail.workspace,
                "link": links.tenant_url(
                    mail.settings, mail.tenant.slug, f"/console/settings/api-keys/{key.id}/rotation"
                ),
            },
        )


def _told(session: Session, key: ApiKey) -> list[StaffMember]:
    managing = StaffMember.role.in_(PERMISSIONS["api_keys.manage"])
    query = select(StaffMember).where(
        StaffMember.deactivated_at.is_(None), or_(managing, StaffMember.id == key.created_by)
    )
    return list(session.scalars(query))


def _send(session: Session, key: ApiKey, member: StaffMember) -> None:
    language = member.locale or branding.get_settings(session).default_locale
    assert key.remind_at is not None, "only keys whose reminder is due come here"
    name = f"api_key:{key.id.hex}:{member.id.hex}:{_mark(key)}:{key.remind_at:%Y%m%d}"
    outbox.send(session, EXPIRING_MAIL, ref=member.id, key=name, locale=language)


def _mark(key: ApiKey) -> str:
    """Changes when the key gets another end, so that a mail about the one before is not sent."""
    return f"until{key.expires_at:%Y%m%d%H%M}" if key.expires_at else "forever"


PURPOSES: Mapping[str, Renderer] = {EXPIRING_MAIL: expiring}
