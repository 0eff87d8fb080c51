"""Proving a mailbox: one mail with a link and a code, each good once and for a short time.

Whoever has the link may use it on any device; the code is good only in the browser that asked, which keeps the
proof's id. Proofs that different browsers asked for stand beside each other until one of them is spent: nobody
makes void what somebody else waits for. A row is written for each ask, also for an address that nobody has, so
that work and answers are the same; who has the address is found later, by a job.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from customers import mailboxes, people
from customers.models import Identity, Person, PortalProof
from customers.portal import throttle
from customers.portal.children import may_come_in
from customers.portal.errors import CodeWrong, ProofOver
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_of
from infra.db import current_tenant
from infra.ids import new_token, token_hash

SIGN_IN, EMAIL = "sign_in", "email"
CODE_LIVES = timedelta(minutes=15)
LINK_LIVES = timedelta(hours=1)
"""Mail may be slow, and a link is worth nothing to who cannot read the mailbox."""
ENTER_WITHIN = timedelta(minutes=10)
"""Between the proof and saying who of those with the mailbox one is."""
TRIES = 5
DIGITS = 8


def index_of(email: str) -> bytes:
    """The blind index of a mailbox."""
    index = blind_of(current_keys().for_tenant(current_tenant()), "email", email)
    assert isinstance(index, bytes)
    return index


def ask(session: Session, address_index: bytes, *, onward: str = "", instead_of: UUID | None = None) -> PortalProof:
    """A new proof of a mailbox to sign in by, in the place of what the same browser asked for before.

    The mail is a job's matter.
    """
    _lock(session, SIGN_IN, address_index)
    if instead_of is not None:
        own = update(PortalProof).where(
            PortalProof.id == instead_of,
            PortalProof.kind == SIGN_IN,
            PortalProof.address_index == address_index,  # else asking for another mailbox would take from this one
            *_standing(),
        )
        session.execute(own.values(voided_at=clock.now()))
    return _begin(
        session,
        PortalProof(kind=SIGN_IN, address_index=address_index, onward=onward),
        PortalProof.asked_at + LINK_LIVES,
    )


def begin(session: Session, proof: PortalProof) -> PortalProof:
    """Writes the row in the place of older ones of the same mailbox and kind."""
    _lock(session, proof.kind, proof.address_index)
    return _begin(session, proof, clock.now())


def _begin(session: Session, proof: PortalProof, older_until: datetime | ColumnElement[datetime]) -> PortalProof:
    """The newest is the one whose end is not written down."""
    older = update(PortalProof).where(
        PortalProof.address_index == proof.address_index, PortalProof.kind == proof.kind, *_newest()
    )
    session.execute(older.values(voided_at=older_until))
    proof.asked_at = clock.now()
    session.add(proof)
    session.flush()
    return proof


def equip(session: Session, proof: PortalProof) -> tuple[str, str]:
    """A new token and a new code for a proof whose mail is being made; whatever it had before is void."""
    token, code = new_token(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    made = {"token_hash": token_hash(token), "code_hash": _code_hash(proof.id, code)}
    session.execute(update(PortalProof).where(PortalProof.id == proof.id).values(made))
    return token, code


def is_open(proof: PortalProof | None) -> bool:
    """Whether its link can still be spent."""
    return (
        proof is not None
        and proof.spent_at is None
        and (proof.voided_at is None or proof.voided_at > clock.now())
        and proof.asked_at > clock.now() - LINK_LIVES
    )


def count_try(session: Session, proof_id: UUID, kind: str = SIGN_IN) -> None:
    """Notes a try at the code. Raises ProofOver when there were enough. Commit before the code is checked."""
    counting = update(PortalProof).where(
        PortalProof.id == proof_id,
        PortalProof.kind == kind,
        PortalProof.tries < TRIES,
        PortalProof.asked_at > clock.now() - CODE_LIVES,
        *_standing(),
    )
    if session.scalar(counting.values(tries=PortalProof.tries + 1).returning(PortalProof.id)) is None:
        raise ProofOver()


def spend_code(session: Session, proof_id: UUID, code: str, kind: str = SIGN_IN) -> PortalProof:
    """Spends the proof for who has the code. Raises CodeWrong; of two at once one wins."""
    digits = "".join(each for each in code if each.isascii() and each.isdigit())
    right = PortalProof.code_hash == _code_hash(proof_id, digits)
    found = _spend(session, PortalProof.id == proof_id, PortalProof.kind == kind, right)
    if found is None:
        raise CodeWrong(problems={"code": [CodeWrong.message]})
    return found


def look(session: Session, token: str) -> PortalProof:
    """The proof of a link that can be spent. Changes nothing. Raises ProofOver."""
    query = select(PortalProof).where(PortalProof.token_hash == token_hash(token), PortalProof.kind == SIGN_IN)
    found = session.scalars(query).one_or_none()
    if found is None or not is_open(found):
        raise ProofOver()
    return found


def spend_link(session: Session, token: str) -> PortalProof:
    """Spends the proof for who has the link. Raises ProofOver; of two at once one wins."""
    found = _spend(
        session,
        PortalProof.token_hash == token_hash(token),
        PortalProof.kind == SIGN_IN,
        PortalProof.asked_at > clock.now() - LINK_LIVES,
    )
    if found is None:
        raise ProofOver()
    return found


def people_of(session: Session, address_index: bytes) -> Sequence[Person]:
    """Everybody with the mailbox who may come in, oldest first; who was merged counts for who they are now."""
    rows = session.scalars(select(Identity.id).where(Identity.email_index == address_index)).all()
    canonical = set(people.canonical_ids(session, rows).values())
    found = session.scalars(select(Person).where(Person.id.in_(canonical)).order_by(Person.id)).all()
    return [person for person in found if may_come_in(session, person)]


def choose(session: Session, proof_id: UUID, person_id: UUID | None = None) -> Person:
    """Who comes in by a spent proof: the one with the mailbox, or the one of several who was chosen.

    A proof lets in once. Raises ProofOver when it did, is too old, or the person has another mailbox.
    """
    proof = proved(session, proof_id)
    person = _whose(session, proof, person_id)
    if person is not None:
        mailboxes.hold(session, [person.id])
        person = _whose(session, proof, person.id)  # staff may have given them another address meanwhile
    entering = update(PortalProof).where(PortalProof.id == proof_id, PortalProof.entered_at.is_(None))
    if person is None or session.scalar(entering.values(entered_at=clock.now()).returning(PortalProof.id)) is None:
        raise ProofOver()
    throttle.forgive(session, proof.address_index)
    return person


def proved(session: Session, proof_id: UUID) -> PortalProof:
    """A proof that was spent a moment ago and has let nobody in yet. Raises ProofOver."""
    proof = session.get(PortalProof, proof_id)
    fresh = proof is not None and proof.spent_at is not None and proof.spent_at > clock.now() - ENTER_WITHIN
    if proof is None or not fresh or proof.kind != SIGN_IN or proof.entered_at is not None:
        raise ProofOver()
    return proof


def _whose(session: Session, proof: PortalProof, person_id: UUID | None) -> Person | None:
    whose = {person.id: person for person in people_of(session, proof.address_index)}
    return whose.get(person_id) if person_id else next(iter(whose.values()), None)


def _spend(session: Session, *conditions: ColumnElement[bool]) -> PortalProof | None:
    """Of several proofs of a mailbox one is spent and the others are void: no mail holds anything that works."""
    index = session.scalar(select(PortalProof.address_index).where(*conditions))
    if index is None:
        return None
    _lock(session, SIGN_IN, index)
    spending = update(PortalProof).where(*conditions, *_standing()).values(spent_at=clock.now())
    spent = session.scalars(spending.returning(PortalProof)).one_or_none()
    if spent is not None:
        others = (PortalProof.address_index == index, PortalProof.kind == spent.kind, PortalProof.id != spent.id)
        session.execute(update(PortalProof).where(*others, *_standing()).values(voided_at=clock.now()))
    return spent


def _lock(session: Session, kind: str, address_index: bytes) -> None:
    number = int.from_bytes(token_hash(f"{kind}:{address_index.hex()}")[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def _newest() -> tuple[ColumnElement[bool], ...]:
    return PortalProof.spent_at.is_(None), PortalProof.voided_at.is_(None)


def _standing() -> tuple[ColumnElement[bool], ...]:
    return PortalProof.spent_at.is_(None), or_(PortalProof.voided_at.is_(None), PortalProof.voided_at > clock.now())


def _code_hash(proof_id: UUID, code: str) -> bytes:
    """Keyed by the tenant: a hash without a key would give all hundred million codes away in a second."""
    return current_keys().for_tenant(current_tenant()).blind("portal.code", f"{proof_id.hex}:{code}")
