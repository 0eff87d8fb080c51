"""What customers correct themselves: name, phone, language, zone, and the attributes that the tenant opens to them.

Another e-mail address is taken only when its mailbox is proved by a code; the address before is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from customers import consent_address, contact, mailboxes, people, values
from customers.attributes import list_attributes
from customers.errors import PersonInvalid
from customers.models import Attribute, Person, PortalProof
from customers.portal import freshness, proofs, sessions
from customers.portal.errors import ProofOver
from customers.portal.letters import CHANGED_LETTER, CODE_LETTER
from customers.values import Unfit
from infra.crypto import normal
from infra.crypto.columns import or_none
from infra.i18n import N_
from tenants import audit

SAME = N_("This is the address that we have.")
MISSING = N_("Write the new e-mail address.")


def own_attributes(session: Session) -> Sequence[Attribute]:
    """Those that people may change themselves."""
    return [each for each in list_attributes(session, "person") if each.own]


def correct(
    session: Session,
    person: Person,
    *,
    revision: int | None,
    attributes: Mapping[str, Any],
    name: str,
    phone: str,
    language: str,
    zone: str,
) -> Person:
    """Takes the person's own words. Attributes that are not theirs to change are passed over.

    Raises PersonChanged when somebody was faster, PersonInvalid, AttributeInvalid.
    """
    open_ones = {each.code for each in own_attributes(session)}
    return people.change(
        session,
        person,
        by=sessions.actor_of(person),
        revision=revision,
        attributes={code: value for code, value in attributes.items() if code in open_ones},
        name=name,
        phone=phone,
        language=language,
        zone=zone,
    )


def check_email(person: Person, email: str) -> str:
    """The address when it can be another one of theirs. Raises PersonInvalid."""
    try:
        fit = values.email(email)
    except Unfit as unfit:
        raise PersonInvalid(problems={"email": [unfit.sentence]}) from unfit
    before = or_none(lambda: person.identity.email)
    if not fit or (before and normal.email(before) == normal.email(fit)):
        raise PersonInvalid(problems={"email": [SAME if fit else MISSING]})
    return fit


def ask_for_email(session: Session, person: Person, email: str) -> PortalProof:
    """Mails a code to the new address; a code that was asked for before is void. Raises PersonInvalid."""
    fit = check_email(person, email)
    proof = proofs.begin(
        session,
        PortalProof(
            kind=proofs.EMAIL,
            address_index=person.id.bytes,
            person_id=person.id,
            new_email=fit,
            former_email=or_none(lambda: person.identity.email),
        ),
    )
    contact.request(
        session, person.id, "service", ref=proof.id, key=f"portal:{proof.id}", letter=CODE_LETTER, to=fit
    )
    return proof


def waiting_email(session: Session, person: Person, proof_id: UUID | None) -> PortalProof | None:
    """The proof of a new address that waits for its code, when it is this person's."""
    proof = session.get(PortalProof, proof_id) if proof_id else None
    fits = proof is not None and proof.kind == proofs.EMAIL and proof.person_id == person.id
    return proof if fits and proofs.is_open(proof) else None


def take_email(session: Session, person: Person, proof_id: UUID, code: str, *, here: UUID | None = None) -> Person:
    """Stores the new address for who has its code; the address before is told, and a day later once more.

    Every session but `here` ends, and accounts that were connected go: they may be of who has the mailbox before.
    Call `proofs.count_try` and commit before. Raises CodeWrong, ProofOver, PersonInvalid.
    """
    proof = proofs.spend_code(session, proof_id, code, proofs.EMAIL)
    if proof.person_id != person.id or proof.new_email is None:
        raise ProofOver()
    former = proof.former_email
    changed = people.change(session, person, by=sessions.actor_of(person), email=proof.new_email)
    if former:
        consent_address.carry(session, person.id, former)
        ids = people.ids_of(session, person.id)
        mailboxes.lost(session, ids, by=sessions.actor_of(person), besides=here)
        key = f"portal:{proof.id}:told"
        freshness.tell(session, person, ref=proof.id, key=key, letter=CHANGED_LETTER, to=former)
    audit.record(session, "portal.address_changed", by=sessions.actor_of(person), subject=person.id)
    return changed
