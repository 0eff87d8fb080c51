"""Mails about reports: to the visitor who reported, and to the admins of the workspace that was decided about."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import links
from infra.crypto import current_keys
from infra.i18n import gettext
from infra.mail import outbox
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding
from tenants.abuse import reports
from tenants.domains import claims
from tenants.models import AbuseReport, StaffMember
from tenants.permissions import ADMIN, OWNER

CLOSED_MAIL = "abuse.survey_closed"
PASSED_MAIL = "abuse.links_passed"


def tell_admins(session: Session, purpose: str, report: AbuseReport) -> None:
    """Writes to the owner and admins of the session's workspace."""
    language = branding.get_settings(session).default_locale
    admins = select(StaffMember.id, StaffMember.locale).where(
        StaffMember.deactivated_at.is_(None), StaffMember.role.in_([OWNER, ADMIN])
    )
    for row in session.execute(admins):
        key = f"{purpose}:{report.id}:{row.id}"
        outbox.send(session, purpose, ref=row.id, key=key, locale=row.locale or language)


def reporter_told(session: Session, mail: OutgoingMail) -> Message | None:
    """What became of a report. Says nothing about the workspace that its pages do not show."""
    report = session.get(AbuseReport, mail.ref)
    if report is None or report.email is None:
        return None
    return write(
        mail,
        "tenants/mail/abuse_told",
        to=current_keys().platform.decrypt(report.email),
        subject=gettext("We have looked at the page you reported"),
        acted=report.decision != "dismiss",
    )


def survey_closed(session: Session, mail: OutgoingMail) -> Message | None:
    """To an admin: we closed a survey of theirs."""
    return _to_admin(
        session, mail, gettext("We have closed a survey of your workspace"), "tenants/mail/abuse_closed"
    )


def links_passed(session: Session, mail: OutgoingMail) -> Message | None:
    """To an admin: what was held back can be published."""
    return _to_admin(session, mail, gettext("You can publish your survey now"), "tenants/mail/abuse_passed")


def _to_admin(session: Session, mail: OutgoingMail, subject: str, template: str) -> Message | None:
    member = session.get(StaffMember, mail.ref)
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    return write(
        mail,
        template,
        to=member.email,
        to_name=member.name,
        subject=subject,
        brand=Brand(accent=branding.get_settings(session).accent),
        fields={
            "name": member.name,
            "workspace": mail.workspace,
            "link": links.tenant_url(mail.settings, claims.home(session), "/console/surveys"),
        },
    )


PURPOSES: Mapping[str, Renderer] = {
    reports.TOLD_MAIL: reporter_told,
    CLOSED_MAIL: survey_closed,
    PASSED_MAIL: links_passed,
}
