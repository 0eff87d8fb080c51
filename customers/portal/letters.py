"""What customers are mailed about their pages. Token and code are made here, when the mail is, and nowhere kept."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.contact_letters import Letter, Renderer
from customers.models import Contact, Identity, Person, PortalProof
from customers.portal import proofs
from infra import links
from infra.crypto.columns import or_none
from infra.i18n import gettext
from infra.mail.purposes import OutgoingMail
from tenants.domains import claims

SIGN_IN_LETTER = "portal.sign_in"


def sign_in(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """Link and code; None when another mail was asked for since, or time is over."""
    proof = session.get(PortalProof, contact.ref_id, with_for_update=True)
    person = session.get(Person, contact.person_id)
    if proof is None or person is None or not proofs.is_open(proof):
        return None
    token, code = proofs.equip(session, proof)
    return Letter(
        "customers/mail/portal_sign_in",
        gettext("Sign in at %(business)s", business=mail.workspace),
        fields={
            "business": mail.workspace,
            "link": url(session, mail, f"/portal/sign-in/link/{token}"),
            "code": f"{code[:4]} {code[4:]}",
        },
        to=mailbox_of(session, proof, person),
    )


def mailbox_of(session: Session, proof: PortalProof, person: Person) -> str | None:
    """The mailbox that is proved, where it is not the person's own but that of somebody merged into them."""
    if person.identity is not None and person.identity.email_index == proof.address_index:
        return None
    row = session.scalars(select(Identity).where(Identity.email_index == proof.address_index).limit(1)).first()
    return or_none(lambda: row.email) if row else None


def url(session: Session, mail: OutgoingMail, path: str) -> str:
    """An address at the tenant's own host."""
    return links.tenant_url(mail.settings, claims.home(session), path)


LETTERS: Mapping[str, Renderer] = {SIGN_IN_LETTER: sign_in}
