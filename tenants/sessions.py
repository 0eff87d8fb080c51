"""Sessions of staff in browsers: starting, finding, listing, ending, and new tokens for living ones."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.errors import NotFound
from infra.ids import new_token, token_hash
from tenants import audit
from tenants.models import StaffMember, StaffSession
from tenants.permissions import Actor

STAYS = timedelta(days=14)
"""How long a session lives without being used."""
LONGEST = timedelta(days=90)
"""How long a session lives however much it is used."""
PROOF_LASTS = timedelta(minutes=15)
"""How long after typing the password somebody may do what is dear without typing it again."""
KEPT = timedelta(days=30)
"""How long an ended session is remembered, for who looks into a break-in."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly we know when a session was last used; a write on each request would be dear."""


FIND = (
    select(StaffMember, StaffSession)
    .join(StaffSession, StaffSession.staff_id == StaffMember.id)
    .where(
        StaffSession.token_hash == bindparam("token_hash"),
        StaffSession.ended_at.is_(None),
        StaffSession.expires_at > bindparam("now"),
        StaffSession.created_at > bindparam("begun_after"),
        StaffMember.deactivated_at.is_(None),
    )
)
"""An active member and their living session; built once, because each page asks it. Filled by `asked_for`."""


def start(session: Session, member: StaffMember, *, device: str | None = None, proved: bool = True) -> str:
    """Signs a browser in and returns the token for its cookie.

    `device` is the kind of browser and system as codes; `proved` says that the password was typed just now.
    """
    token, moment = new_token(), now()
    session.add(
        StaffSession(
            staff_id=member.id,
            token_hash=token_hash(token),
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + STAYS,
            proved_at=moment if proved else None,
            device=device,
        )
    )
    audit.record(session, "staff.signed_in", by=Actor("staff", member.id), subject=member.id)
    return token


def find(session: Session, token: str) -> tuple[StaffMember, StaffSession] | None:
    """The active member and their living session with this token; keeps the session alive."""
    row = session.execute(FIND, asked_for(token)).one_or_none()
    if row is None:
        return None
    member, living = row
    keep_alive(living)
    return member, living


def asked_for(token: str) -> dict[str, object]:
    """What FIND wants to know."""
    moment = now()
    return {"token_hash": token_hash(token), "now": moment, "begun_after": moment - LONGEST}


def keep_alive(living: StaffSession) -> None:
    """Notes that the session is used."""
    moment = now()
    if moment - living.last_seen_at > SEEN_EVERY:
        living.last_seen_at, living.expires_at = moment, moment + STAYS


def rotate(session: Session, living: StaffSession) -> str:
    """A new token for a living session; whoever holds the old one is signed out. For each change of rights."""
    token = new_token()
    living.token_hash = token_hash(token)
    session.flush()
    return token


def note_device(session: Session, token: str, device: str) -> None:
    """Says on what kind of device the session lives, where its start did not know."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == token_hash(token), StaffSession.device.is_(None))
        .values(device=device)
    )


def prove(session: Session, living: StaffSession) -> None:
    """Notes that the password was typed in this session just now."""
    living.proved_at = now()
    session.flush()


def is_proved(living: StaffSession) -> bool:
    """Whether the password was typed recently enough for what is dear."""
    return living.proved_at is not None and now() - living.proved_at < PROOF_LASTS


def list_living(session: Session, member: StaffMember) -> Sequence[StaffSession]:
    """The member's sessions that can still be used, last used first."""
    query = (
        select(StaffSession)
        .where(
            StaffSession.staff_id == member.id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now(),
            StaffSession.created_at > now() - LONGEST,
        )
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())
    )
    return session.scalars(query).all()


def end(session: Session, token: str) -> None:
    """Signs the browser out. Ending what has ended does nothing."""
    living = session.scalars(
        select(StaffSession).where(StaffSession.token_hash == token_hash(token), StaffSession.ended_at.is_(None))
    ).one_or_none()
    if living is not None:
        living.ended_at = now()
        audit.record(session, "staff.signed_out", by=Actor("staff", living.staff_id), subject=living.staff_id)


def end_one(session: Session, member: StaffMember, session_id: UUID, *, by: Actor) -> None:
    """Ends one session of the member. Raises NotFound for another's; ending what has ended does nothing."""
    found = session.get(StaffSession, session_id, with_for_update=True)
    if found is None or found.staff_id != member.id:
        raise NotFound()
    if found.ended_at is None:
        found.ended_at = now()
        audit.record(session, "staff.session_ended", by=by, subject=member.id, ended=found.id)


def end_all(session: Session, member: StaffMember, *, by: Actor, besides: UUID | None = None) -> int:
    """Ends every living session of the member but the one with the id `besides`; answers how many."""
    query = (
        update(StaffSession)
        .where(StaffSession.staff_id == member.id, StaffSession.ended_at.is_(None))
        .values(ended_at=now())
        .returning(StaffSession.id)
    )
    if besides is not None:
        query = query.where(StaffSession.id != besides)
    ended = len(session.scalars(query).all())
    if ended:
        audit.record(session, "staff.sessions_ended", by=by, subject=member.id, ended=ended)
    return ended


def has_old(session: Session) -> bool:
    """Whether sessions are remembered longer than they should be, for the sweeper."""
    return session.scalar(select(StaffSession.id).where(_old()).limit(1)) is not None


def forget_old(session: Session) -> None:
    """Deletes sessions that ended or ran out long ago."""
    session.execute(delete(StaffSession).where(_old()))


def _old() -> ColumnElement[bool]:
    limit = now() - KEPT
    return or_(
        StaffSession.ended_at < limit, StaffSession.expires_at < limit, StaffSession.created_at < limit - LONGEST
    )
