"""Mails to staff about themselves: invitations, roles, ownership, addresses, the end of their access."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.i18n import N_, gettext
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding, invitations, offboarding, ownership, profile, roles, staff
from tenants.domains import claims
from tenants.models import Invitation, StaffMember, StaffToken
from tenants.words import role_name

SIGN_IN = "/console/sign-in"


@dataclass(frozen=True, slots=True)
class Letter:
    """What differs between letters to one member about themselves."""

    template: str
    subject: str
    active: bool = True
    """Whether they must still work here."""

    def __call__(self, session: Session, mail: OutgoingMail) -> Message | None:
        """The mail; None when they have left meanwhile, or have not left after all."""
        member = session.get(StaffMember, mail.ref)
        if member is None or (member.deactivated_at is None) is not self.active:
            return None
        return _write(session, mail, self.template, member.email, member.name, gettext(self.subject), member.role)


def invitation(session: Session, mail: OutgoingMail) -> Message | None:
    """The link with which a colleague joins."""
    found = session.get(Invitation, mail.ref)
    if found is None or mail.tenant is None or not invitations.is_open(found) or found.expires_at <= now():
        return None
    token = invitations.link_token(mail.settings, mail.tenant.id, found)
    inviter = staff.name_of(session, found.invited_by) or ""
    return write(
        mail,
        "tenants/mail/invitation",
        to=found.email,
        to_name=found.name or "",
        subject=gettext("You are invited to work on %(workspace)s"),
        brand=Brand(accent=branding.get_settings(session).accent),
        named=bool(found.name),
        by_somebody=bool(inviter),
        fields={
            "name": found.name or "",
            "inviter": inviter,
            "workspace": found.workspace,
            "role": gettext(role_name(found.role)),
            "link": links.tenant_url(mail.settings, claims.home(session), f"/console/invitation/{token}"),
        },
    )


def confirm_address(session: Session, mail: OutgoingMail) -> Message | None:
    """The link that makes an address the one to sign in with."""
    row = session.get(StaffToken, mail.ref)
    if row is None or mail.tenant is None or row.used_at is not None or row.email is None:
        return None
    token = profile.address_link(mail.settings, mail.tenant.id, row)
    member = staff.get(session, row.staff_id)
    link = links.tenant_url(mail.settings, claims.home(session), f"/console/address/{token}")
    subject = gettext("Confirm your new e-mail address")
    return _write(session, mail, "confirm_address", row.email, member.name, subject, member.role, link)


def address_changed(session: Session, mail: OutgoingMail) -> Message | None:
    """Tells the old address that it no longer signs in."""
    row = session.get(StaffToken, mail.ref)
    member = session.get(StaffMember, row.staff_id) if row is not None else None
    if row is None or member is None or row.email_before is None:
        return None
    subject = gettext("Your e-mail address was changed")
    return _write(session, mail, "address_changed", row.email_before, member.name, subject, member.role)


def _write(
    session: Session, mail: OutgoingMail, template: str, to: str, name: str, subject: str, role: str, link: str = ""
) -> Message | None:
    if mail.tenant is None:
        return None
    return write(
        mail,
        f"tenants/mail/{template}",
        to=to,
        to_name=name,
        subject=subject,
        brand=Brand(accent=branding.get_settings(session).accent),
        fields={
            "name": name,
            "workspace": mail.workspace,
            "role": gettext(role_name(role)),
            "link": link or links.tenant_url(mail.settings, claims.home(session), SIGN_IN),
        },
    )


PURPOSES: Mapping[str, Renderer] = {
    invitations.MAIL: invitation,
    roles.CHANGED_MAIL: Letter("role_changed", N_("You have another role now")),
    staff.PASSWORD_MAIL: Letter("password_changed", N_("Your password was changed")),
    ownership.NEW_OWNER_MAIL: Letter("ownership_received", N_("You own the workspace now")),
    ownership.FORMER_OWNER_MAIL: Letter("ownership_given", N_("You have handed the workspace over")),
    offboarding.REMOVED_MAIL: Letter("removed", N_("Your access has ended"), active=False),
    profile.CONFIRM_MAIL: confirm_address,
    profile.CHANGED_MAIL: address_changed,
}
