"""Sessions of customers in browsers: started, found, listed, ended. The cookie holds a token, the row its hash.

A session is good for the very person it was begun for. Whoever was erased, or merged into somebody else, signs in
again: a merge is a decision of staff, and the mailbox that was proved need not be that of the other.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from customers.models import Person, PortalSession
from infra import clock
from infra.errors import NotFound
from infra.ids import new_token, token_hash
from tenants import audit
from tenants.permissions import Actor

STAYS = timedelta(days=30)
"""How long a session lives without being used."""
LONGEST = timedelta(days=180)
"""How long a session lives however much it is used."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly we know when a session was last used."""
KEPT = timedelta(days=30)
"""How long an ended session is remembered, for who looks into a break-in."""


def actor_of(person: Person) -> Actor:
    """A customer as the one who acts."""
    return Actor("person", person.id)


def start(session: Session, person: Person, *, how: str, agent: str) -> tuple[PortalSession, str]:
    """Signs a browser in; answers the session and the token for its cookie.

    `how` is what proved who they are (`link`, `code`, `openid`), `agent` the kind of browser and system as codes.
    """
    token, moment = new_token(), clock.now()
    living = PortalSession(
        person_id=person.id,
        token_hash=token_hash(token),
        how=how,
        agent=agent,
        created_at=moment,
        last_seen_at=moment,
        expires_at=moment + STAYS,
    )
    session.add(living)
    session.flush()
    audit.record(session, "portal.signed_in", by=actor_of(person), subject=person.id, how=how)
    return living, token


def find(session: Session, token: str, *, hold: bool = False) -> tuple[PortalSession, Person] | None:
    """The living session with this token and whose it is; keeps it alive.

    With `hold` nobody ends it before the transaction does: for whoever writes.
    """
    query = (
        select(PortalSession, Person)
        .join(Person, Person.id == PortalSession.person_id)
        .where(PortalSession.token_hash == token_hash(token), *_living())
        .where(Person.merged_into.is_(None), Person.erased_at.is_(None))
    )
    if hold:
        query = query.with_for_update(of=PortalSession)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    living, person = row
    moment = clock.now()
    if moment - living.last_seen_at > SEEN_EVERY:
        living.last_seen_at, living.expires_at = moment, moment + STAYS
    return living, person


def list_living(session: Session, person: Person) -> Sequence[PortalSession]:
    """Where the person is signed in, last used first."""
    query = select(PortalSession).where(PortalSession.person_id == person.id, *_living())
    return session.scalars(query.order_by(PortalSession.last_seen_at.desc(), PortalSession.id.desc())).all()


def end(session: Session, token: str) -> None:
    """Signs the browser out. Ending what has ended does nothing."""
    ending = update(PortalSession).where(PortalSession.token_hash == token_hash(token), *_living())
    whose = session.scalar(ending.values(ended_at=clock.now()).returning(PortalSession.person_id))
    if whose is not None:
        audit.record(session, "portal.signed_out", by=Actor("person", whose), subject=whose)


def end_one(session: Session, person: Person, session_id: UUID) -> None:
    """Ends one session of the person. Raises NotFound for another's; ending what has ended does nothing."""
    found = session.get(PortalSession, session_id, with_for_update=True)
    if found is None or found.person_id != person.id:
        raise NotFound()
    if found.ended_at is None:
        found.ended_at = clock.now()
        audit.record(session, "portal.signed_out", by=actor_of(person), subject=person.id)


def end_all(session: Session, person: Person, *, besides: UUID | None = None) -> int:
    """Ends every living session of the person but the one with the id `besides`; answers how many."""
    others = update(PortalSession).where(PortalSession.person_id == person.id, *_living())
    if besides is not None:
        others = others.where(PortalSession.id != besides)
    ended = len(session.scalars(others.values(ended_at=clock.now()).returning(PortalSession.id)).all())
    if ended:
        audit.record(session, "portal.signed_out_everywhere", by=actor_of(person), subject=person.id, ended=ended)
    return ended


def end_everybodys(session: Session) -> int:
    """Ends all sessions of the tenant: its pages are switched off. Answers how many."""
    ending = update(PortalSession).where(*_living()).values(ended_at=clock.now())
    return len(session.scalars(ending.returning(PortalSession.id)).all())


def old() -> ColumnElement[bool]:
    """Sessions that are remembered longer than they should be."""
    limit = clock.now() - KEPT
    return or_(
        PortalSession.ended_at < limit,
        PortalSession.expires_at < limit,
        PortalSession.created_at < limit - LONGEST,
    )


def forget_old(session: Session) -> None:
    """Deletes them."""
    session.execute(delete(PortalSession).where(old()))


def _living() -> tuple[ColumnElement[bool], ...]:
    moment = clock.now()
    return (
        PortalSession.ended_at.is_(None),
        PortalSession.expires_at > moment,
        PortalSession.created_at > moment - LONGEST,
    )
