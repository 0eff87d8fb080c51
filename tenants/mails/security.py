"""Mails about somebody's second factor: each says what happened, and what to do when it was not them."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy.orm import Session

from infra import links
from infra.i18n import N_, gettext
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding, second_factor
from tenants.domains import claims
from tenants.models import StaffMember

NOT_YOU = N_("Was it not you? Then choose a new password at once and tell an admin of your workspace.")

TOLD: Mapping[str, tuple[str, str, str]] = {
    second_factor.SET_UP_MAIL: (
        N_("Your second factor is on"),
        N_("From now on a code of your app is asked for after your password. Keep the recovery codes safe."),
        NOT_YOU,
    ),
    second_factor.TURNED_OFF_MAIL: (
        N_("Your second factor is off"),
        N_("From now on your password alone lets you in."),
        NOT_YOU,
    ),
    second_factor.RESET_MAIL: (
        N_("Your second factor was reset"),
        N_("An admin took your app and your recovery codes away. Your password alone lets you in now."),
        N_("Did you not ask for it? Then set up a new app now and tell the owner of your workspace."),
    ),
    second_factor.RECOVERY_MAIL: (
        N_("A recovery code was used"),
        N_("Somebody signed in as you with one of your recovery codes. That code no longer works."),
        NOT_YOU,
    ),
    second_factor.FAILING_MAIL: (
        N_("Somebody knows your password"),
        N_("Your password was typed correctly, and then several wrong codes. Nobody was let in."),
        NOT_YOU,
    ),
}
"""Purpose to the subject, what happened, and what to do."""


def tell(session: Session, mail: OutgoingMail, *, said: tuple[str, str, str]) -> Message | None:
    """The letter to the member it is about; nobody who has left is written to."""
    member = session.get(StaffMember, mail.ref)
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    subject, happened, advice = (gettext(sentence) for sentence in said)
    home = claims.home(session)
    return write(
        mail,
        "tenants/mail/second_factor",
        to=member.email,
        to_name=member.name,
        subject=subject,
        brand=Brand(accent=branding.get_settings(session).accent),
        fields={
            "name": member.name,
            "workspace": mail.workspace,
            "link": links.tenant_url(mail.settings, home, "/console/security/"),
        },
        title=subject,
        happened=happened,
        advice=advice,
    )


PURPOSES: Mapping[str, Renderer] = {purpose: partial(tell, said=said) for purpose, said in TOLD.items()}
