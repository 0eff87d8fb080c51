"""Stopping what was asked for together: pause, resume and cancel of a batch.

The word is one row that workers ask before each lease and each mail, so it holds from its commit on, also for what
they have leased. The mails' own rows are brought in line in pieces, here and by a job: `held` ones leave the index
of what is due, so that a million paused mails are in nobody's way. A mail that was begun is never taken back.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.jobs import enqueue
from infra.jobs.declared import job
from infra.mail.jobs import FLAG, send_mails
from infra.mail.models import MailBatch, Outbox

SETTLE_FLAG = "mail_batches"
PIECE = 2_000
"""Rows that one statement changes."""
PIECES = 25
"""Statements of one job; what is left is for the next."""
UNSEEN = timedelta(seconds=10)
"""A lease that was being taken when the word came may show up this much later."""
TAKEN_BACK = "it was cancelled before it was sent"


def pause(session: Session, batch: UUID) -> None:
    """Sends nothing more of the batch from the commit on. Safe to repeat; a cancelled batch stays cancelled."""
    _say(session, batch, "paused", MailBatch.state == "running")


def resume(session: Session, batch: UUID) -> None:
    """Sends a paused batch on. Does nothing for one that runs or was cancelled."""
    query = select(MailBatch).where(MailBatch.id == batch, MailBatch.state == "paused").with_for_update()
    if session.scalars(query).one_or_none() is not None:
        _say(session, batch, "running", MailBatch.state == "paused")


def cancel(session: Session, batch: UUID) -> None:
    """Never sends what is left of the batch, nor what is asked for under its id later. There is no way back."""
    _say(session, batch, "cancelled", MailBatch.state != "cancelled")


def state_of(session: Session, batch: UUID) -> str:
    """`running`, `paused` or `cancelled`."""
    return session.scalar(select(MailBatch.state).where(MailBatch.id == batch)) or "running"


def unsettle(session: Session, batch: UUID) -> None:
    """Mails were added to the batch: if it was stopped, they are brought in line as well."""
    settled = update(MailBatch).where(MailBatch.id == batch, MailBatch.settled_at.is_not(None))
    session.execute(settled.values(settled_at=None))


def states_of(session: Session, batches: Collection[UUID]) -> dict[UUID, str]:
    """The same for several."""
    rows = session.execute(select(MailBatch.id, MailBatch.state).where(MailBatch.id.in_(batches)))
    return {**dict.fromkeys(batches, "running"), **{row[0]: row[1] for row in rows}}


def count_by_state(session: Session, batch: UUID) -> dict[str, int]:
    """How the mails of a batch that nobody has begun yet stand: `queued`, `leased`, `held`."""
    waiting = Outbox.state.in_(("queued", "leased", "held"))
    rows = session.execute(
        select(Outbox.state, func.count()).where(Outbox.batch_id == batch, waiting).group_by(Outbox.state)
    )
    return {row[0]: row[1] for row in rows}


def has_unsettled(session: Session) -> bool:
    """Whether rows of a batch are not in line with the word yet."""
    return session.scalar(select(MailBatch.id).where(MailBatch.settled_at.is_(None)).limit(1)) is not None


@job(queue="default")
def settle_batches(session: Session) -> None:
    """Brings rows in line with what was said about their batches, a bounded number of them."""
    left = PIECES
    query = select(MailBatch).where(MailBatch.settled_at.is_(None)).order_by(MailBatch.changed_at)
    for batch in session.scalars(query.with_for_update(skip_locked=True)):
        while left > 0 and _settle_some(session, batch.id, batch.state) == PIECE:
            left -= 1
        if left <= 0:
            enqueue(session, settle_batches)
            return
        _finish(session, batch, clock.now())


def _say(session: Session, batch: UUID, state: str, where: ColumnElement[bool]) -> None:
    moment = clock.now()
    word = insert(MailBatch).values(id=batch, state=state, changed_at=moment, settled_at=None)
    said = word.on_conflict_do_update(
        index_elements=[MailBatch.id],
        set_={"state": state, "changed_at": moment, "settled_at": None},
        where=where,
    ).returning(MailBatch.id)
    if session.execute(said).scalar_one_or_none() is None:
        return
    if _settle_some(session, batch, state) == PIECE:
        enqueue(session, settle_batches, once=SETTLE_FLAG)
    if state == "running":
        enqueue(session, send_mails, once=FLAG)


def _settle_some(session: Session, batch: UUID, state: str) -> int:
    """One piece; how many rows it changed. Rows that a worker is just changing are left for the next time."""
    stopped = state != "running"
    of = (("queued", "leased", "held") if state == "cancelled" else ("queued", "leased")) if stopped else ("held",)
    chosen = (
        select(Outbox.id)
        .where(Outbox.batch_id == batch, Outbox.state.in_(of))
        .limit(PIECE)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    values: dict[str, dict[str, object]] = {
        "paused": {"state": "held"},
        "cancelled": {"state": "cancelled", "finished_at": clock.now(), "smtp_reply": TAKEN_BACK},
        "running": {"state": "queued"},
    }
    untried = case((Outbox.state == "leased", Outbox.attempts - 1), else_=Outbox.attempts)
    changed = session.execute(
        update(Outbox)
        .where(Outbox.id.in_(select(chosen.c.id)))
        .values({"leased_until": None, "attempts": untried, **values[state]})
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _finish(session: Session, batch: MailBatch, moment: datetime) -> None:
    """Settled when nothing is out of line and nothing can come up any more; a running one is forgotten then."""
    out = ("held",) if batch.state == "running" else ("queued", "leased")
    left = select(Outbox.id).where(Outbox.batch_id == batch.id, Outbox.state.in_(out)).limit(1)
    if session.scalar(left) is not None or moment - batch.changed_at < UNSEEN:
        return
    if batch.state == "running":
        session.execute(delete(MailBatch).where(MailBatch.id == batch.id))
    else:
        batch.settled_at = moment
