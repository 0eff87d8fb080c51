"""What customers are mailed about their pages. Token and code are made here, when the mail is, and nowhere kept."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.contact_letters import Letter, Renderer
from customers.models import Contact, ErasureRequest, Identity, Person, PortalProof
from customers.portal import proofs
from infra import links
from infra.crypto.columns import or_none
from infra.i18n import format_date, gettext
from infra.mail.purposes import OutgoingMail
from tenants.domains import claims

SIGN_IN_LETTER = "portal.sign_in"
CODE_LETTER, CHANGED_LETTER = "portal.email_code", "portal.email_changed"
ERASURE_LETTER = "portal.erasure"


def sign_in(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """Link and code; None when another mail was asked for since, or time is over."""
    proof = session.get(PortalProof, contact.ref_id, with_for_update=True)
    person = session.get(Person, contact.person_id)
    if proof is None or person is None or not proofs.is_open(proof):
        return None
    token, code = proofs.equip(session, proof)
    return Letter(
        "customers/mail/portal_sign_in",
        gettext("Sign in at %(business)s"),
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


def email_code(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """The code that proves a new address; no link, so that only the browser that asked can use it."""
    proof = session.get(PortalProof, contact.ref_id, with_for_update=True)
    if proof is None or not proofs.is_open(proof):
        return None
    _, code = proofs.equip(session, proof)
    return Letter(
        "customers/mail/portal_email_code",
        gettext("Your new e-mail address at %(business)s"),
        fields={"business": mail.workspace, "code": f"{code[:4]} {code[4:]}"},
        to=or_none(lambda: proof.new_email),
    )


def email_changed(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """To the address before: it was changed, and what to do if that was somebody else."""
    proof = session.get(PortalProof, contact.ref_id)
    former = or_none(lambda: proof.former_email) if proof else None
    if former is None:
        return None
    return Letter(
        "customers/mail/portal_email_changed",
        gettext("Your e-mail address at %(business)s was changed"),
        fields={"business": mail.workspace},
        to=former,
    )


def erasure_asked(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """That a request to be deleted has arrived, until when it is answered, and how to take it back."""
    asked = session.get(ErasureRequest, contact.ref_id)
    if asked is None or asked.state != "open":
        return None
    return Letter(
        "customers/mail/portal_erasure",
        gettext("Your request to %(business)s to delete your data"),
        fields={
            "business": mail.workspace,
            "day": format_date(asked.due_at),
            "link": url(session, mail, "/portal/data/erasure"),
        },
    )


LETTERS: Mapping[str, Renderer] = {
    SIGN_IN_LETTER: sign_in,
    CODE_LETTER: email_code,
    CHANGED_LETTER: email_changed,
    ERASURE_LETTER: erasure_asked,
}
