"""Mails about workspaces and sign-in: purpose to the function that finds the address and writes the letter.

The worker composes `PURPOSES` with those of other domains. A mail whose reason has gone (the link was used, nobody
has this address) is None and ends as cancelled.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from infra import links
from infra.crypto import current_keys
from infra.i18n import gettext
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import audit, branding, sign_in, sign_up
from tenants.domains import claims
from tenants.mails import staff as to_staff
from tenants.models import SignUp, StaffMember, WorkspaceRequest
from tenants.permissions import SYSTEM


def verify(session: Session, mail: OutgoingMail) -> Message | None:
    """The link that opens a workspace."""
    wish = session.get(SignUp, mail.ref)
    if wish is None or wish.completed_at is not None:
        return None
    token = sign_up.link_token(mail.settings, wish)
    return write(
        mail,
        "tenants/mail/verify",
        to=current_keys().platform.decrypt(wish.email),
        subject=gettext("Open your workspace %(name)s"),
        fields={"name": wish.business_name, "link": links.platform_url(mail.settings, f"verify/{token}")},
    )


def workspaces(session: Session, mail: OutgoingMail) -> Message | None:
    """The workspaces of an address. Nobody is written to who has none: the address may be anybody's."""
    wanted = session.get(WorkspaceRequest, mail.ref)
    if wanted is None:
        return None
    found = sign_up.list_workspaces(session, wanted.email_index)
    if not found:
        return None
    lines = tuple((name, links.tenant_url(mail.settings, slug, "/console/sign-in")) for name, slug in found)
    return write(
        mail,
        "tenants/mail/workspaces",
        to=current_keys().platform.decrypt(wanted.email),
        subject=gettext("Your workspaces"),
        workspaces=lines,
    )


def password_reset(session: Session, mail: OutgoingMail) -> Message | None:
    """The link with which a staff member chooses a new password."""
    member = session.get(StaffMember, mail.ref)
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    _note_asked(session, member, mail)
    token = sign_in.reset_link(mail.settings, mail.tenant.id, member)
    settings = branding.get_settings(session)
    return write(
        mail,
        "tenants/mail/password_reset",
        to=member.email,
        to_name=member.name,
        subject=gettext("Choose a new password"),
        brand=Brand(accent=settings.accent),
        fields={
            "name": member.name,
            "workspace": mail.workspace,
            "link": links.tenant_url(mail.settings, claims.home(session), f"/console/reset/{token}"),
        },
    )


def _note_asked(session: Session, member: StaffMember, mail: OutgoingMail) -> None:
    """The log hears of a reset when its mail is made, once for each, and of none for an address that nobody has.

    In the request that asks, an entry for members alone would be work that tells their addresses from others.
    """
    told = any(
        entry.action == "staff.reset_asked" and entry.data.get("mail") == str(mail.id)
        for entry in audit.list_about(session, member.id)
    )
    if not told:
        audit.record(session, "staff.reset_asked", by=SYSTEM, subject=member.id, mail=mail.id)


PURPOSES: Mapping[str, Renderer] = {
    sign_up.VERIFY_MAIL: verify,
    sign_up.WORKSPACES_MAIL: workspaces,
    sign_in.RESET_MAIL: password_reset,
    **to_staff.PURPOSES,
}
