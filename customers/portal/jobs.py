"""Looking up who has a mailbox, behind the answer that is the same for everybody; and forgetting what is over."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from customers import contact
from customers.models import PortalProof, PortalSession
from customers.portal import proofs, sessions
from customers.portal.letters import SIGN_IN_LETTER, mailbox_of
from infra import clock
from infra.jobs.declared import job

KEPT = timedelta(days=7)
"""How long a proof is remembered, for who looks into a break-in."""


@job(queue="high")
def send_proof(session: Session, proof_id: str) -> None:
    """Mails link and code to the mailbox, when somebody who may come in has it. One mail, however many they are."""
    proof = session.get(PortalProof, UUID(proof_id))
    if proof is None or not proofs.is_open(proof):
        return
    person = next(iter(proofs.people_of(session, proof.address_index)), None)
    if person is not None:
        contact.request(
            session,
            person.id,
            "service",
            ref=proof.id,
            key=f"portal:{proof.id}",
            letter=SIGN_IN_LETTER,
            to=mailbox_of(session, proof, person),
        )


def has_old(session: Session) -> bool:
    """Whether proofs or sessions are remembered longer than they should be, for the sweeper."""
    proof = select(PortalProof.id).where(PortalProof.asked_at < clock.now() - KEPT).limit(1)
    gone = select(PortalSession.id).where(sessions.old()).limit(1)
    return any(session.scalar(query) is not None for query in (proof, gone))


@job(queue="bulk")
def forget_old(session: Session) -> None:
    """Deletes them."""
    sessions.forget_old(session)
    session.execute(delete(PortalProof).where(PortalProof.asked_at < clock.now() - KEPT))
