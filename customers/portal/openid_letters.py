"""What customers are mailed about accounts that sign them in: that one was connected, lest it go unseen."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from customers.contact_letters import Letter, Renderer
from customers.models import Contact, OpenIdIdentity, OpenIdProvider
from customers.portal.letters import url
from infra.i18n import gettext
from infra.mail.purposes import OutgoingMail

CONNECTED_LETTER = "portal.account_connected"


def account_connected(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """Which provider, and where it is undone; None when it is undone already."""
    row = session.get(OpenIdIdentity, contact.ref_id)
    provider = session.get(OpenIdProvider, row.provider_id) if row else None
    if provider is None:
        return None
    return Letter(
        "customers/mail/portal_account_connected",
        gettext("An account was connected with you at %(business)s"),
        fields={
            "business": mail.workspace,
            "name": provider.name,
            "link": url(session, mail, "/portal/places"),
        },
    )


LETTERS: Mapping[str, Renderer] = {CONNECTED_LETTER: account_connected}
