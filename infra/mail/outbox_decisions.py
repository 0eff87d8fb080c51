"""Mails that somebody has to look at: those whose fate is unknown, and those that were refused.

What became of an `unknown` mail only a person can find out. They say that it arrived, or have it sent again; the
product never does by itself, because it may have arrived.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import NotFound
from infra.jobs import enqueue
from infra.mail.jobs import FLAG, send_mails
from infra.mail.models import Outbox

Troubled = Literal["unknown", "refused"]
ARRIVED = "somebody found that it arrived"


def list_troubled(
    session: Session, state: Troubled, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> Sequence[Outbox]:
    """The tenant's mails in that state, the latest first; `after` is (finished_at, id) of the last one seen."""
    query = select(Outbox).where(Outbox.state == state)
    if after is not None:
        query = query.where(tuple_(Outbox.finished_at, Outbox.id) < after)
    return session.scalars(query.order_by(Outbox.finished_at.desc(), Outbox.id.desc()).limit(limit)).all()


def count_troubled(session: Session) -> dict[str, int]:
    """How many are unknown, how many were refused."""
    rows = session.execute(
        select(Outbox.state, func.count()).where(Outbox.state.in_(("unknown", "refused"))).group_by(Outbox.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {"unknown": found.get("unknown", 0), "refused": found.get("refused", 0)}


def get_troubled(session: Session, mail_id: UUID) -> Outbox:
    """A mail that ended, or that somebody has decided about meanwhile. Raises NotFound."""
    found = session.get(Outbox, mail_id)
    if found is None:
        raise NotFound()
    return found


def note_arrival(session: Session, mail_id: UUID) -> bool:
    """Counts an unknown mail as accepted. False when it is unknown no longer: somebody was quicker."""
    reply = func.concat(Outbox.smtp_reply, "; ", ARRIVED)
    decided = (
        update(Outbox)
        .where(Outbox.id == mail_id, Outbox.state == "unknown")
        .values(state="accepted", smtp_reply=reply)
        .returning(Outbox.id)
    )
    return session.execute(decided).scalar_one_or_none() is not None


def send_again(session: Session, mail_id: UUID, *, attempt: int) -> bool:
    """Puts an unknown mail back into the queue, once for each attempt: `attempt` is the one that was looked at.

    False when there was another attempt or decision since, so that two clicks send one mail. The Message-ID stays,
    so that a mail server which did get the first can see that it is the same.
    """
    decided = (
        update(Outbox)
        .where(Outbox.id == mail_id, Outbox.state == "unknown", Outbox.attempts == attempt)
        .values(state="queued", next_attempt_at=clock.now(), finished_at=None)
        .returning(Outbox.id)
    )
    if session.execute(decided).scalar_one_or_none() is None:
        return False
    enqueue(session, send_mails, once=FLAG)
    return True
