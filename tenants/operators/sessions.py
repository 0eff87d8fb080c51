"""Sessions of operators in browsers: twelve hours at most, one hour without use."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.ids import new_token, token_hash
from tenants.operators import audit
from tenants.operators.models import Operator, OperatorSession
from tenants.permissions import Actor

STAYS = timedelta(hours=12)
IDLE = timedelta(hours=1)
HALF = timedelta(minutes=5)
"""How long the second factor may take after the password."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly we know when a session was last used."""


def start(session: Session, operator: Operator, address: bytes, *, whole: bool) -> str:
    """The token of a new session; one that is not `whole` is good for the second factor only."""
    token, moment = new_token(), now()
    session.add(
        OperatorSession(
            operator_id=operator.id,
            token_hash=token_hash(token),
            address=address,
            expires_at=moment + (STAYS if whole else HALF),
            factor_at=moment if whole else None,
        )
    )
    if whole:
        audit.record(session, "operator.signed_in", by=actor(operator), subject=operator.id)
    return token


def find(session: Session, token: str) -> tuple[Operator, OperatorSession] | None:
    """The operator and their living session with this token; keeps the session from falling idle."""
    row = session.execute(
        select(Operator, OperatorSession)
        .join(OperatorSession, OperatorSession.operator_id == Operator.id)
        .where(
            OperatorSession.token_hash == token_hash(token),
            OperatorSession.factor_at.is_not(None),
            Operator.disabled_at.is_(None),
            _living(),
        )
    ).one_or_none()
    if row is None:
        return None
    operator, living = row
    if now() - living.last_seen_at > SEEN_EVERY:
        living.last_seen_at = now()
    return operator, living


def end(session: Session, token: str) -> None:
    """Signs the browser out. Ending what has ended does nothing."""
    found = session.scalars(
        select(OperatorSession)
        .where(OperatorSession.token_hash == token_hash(token), OperatorSession.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if found is not None:
        found.ended_at = now()
        by = Actor("operator", found.operator_id)
        audit.record(session, "operator.signed_out", by=by, subject=found.operator_id)


def list_living(session: Session, operator: Operator) -> Sequence[OperatorSession]:
    """The operator's sessions that can still be used, last used first."""
    query = (
        select(OperatorSession)
        .where(OperatorSession.operator_id == operator.id, OperatorSession.factor_at.is_not(None), _living())
        .order_by(OperatorSession.last_seen_at.desc(), OperatorSession.id.desc())
    )
    return session.scalars(query).all()


def end_all(session: Session, operator: Operator, *, by: Actor | None, besides: str | None = None) -> int:
    """Ends every session of the operator but the one with the token `besides`; answers how many."""
    query = (
        update(OperatorSession)
        .where(OperatorSession.operator_id == operator.id, OperatorSession.ended_at.is_(None))
        .values(ended_at=now())
        .returning(OperatorSession.id)
    )
    if besides is not None:
        query = query.where(OperatorSession.token_hash != token_hash(besides))
    ended = len(session.scalars(query).all())
    if ended:
        audit.record(session, "operator.sessions_ended", by=by, subject=operator.id, ended=ended)
    return ended


def actor(operator: Operator) -> Actor:
    """The operator as the one who acts on the platform's pages."""
    return Actor("operator", operator.id)


def _living() -> ColumnElement[bool]:
    moment = now()
    return and_(
        OperatorSession.ended_at.is_(None),
        OperatorSession.expires_at > moment,
        OperatorSession.last_seen_at > moment - IDLE,
    )
