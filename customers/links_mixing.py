"""Spent links to what is anonymous, mixed when their day is over.

Answers stand in their table in the order in which they came, and so would the links that were spent for them: side
by side they would say who said what. So once a day all of them, of that day and of those before, are written anew
in random order and in one transaction; then neither their place nor what wrote them tells when they were spent.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from customers.links import UNTOLD
from customers.models import PersonalLink
from infra import clock
from infra.jobs import enqueue
from infra.jobs.declared import job
from tenants.models import Mark

UNMIXED = "links.unmixed"
"""The mark of a thing of which links were spent since they were mixed. Its time is the day of the first."""
FLAG = "links_unmixed"


def note(session: Session, ref: UUID) -> None:
    """The links to this thing are to be mixed when today is over; in the transaction that spends one, before it.

    The mark is held until the transaction ends, so that nobody takes it away who mixed without this link.
    """
    row = {"name": UNMIXED, "subject_id": ref, "by": None, "at": _today()}
    held = select(Mark.subject_id).where(Mark.name == UNMIXED, Mark.subject_id == ref)
    held = held.with_for_update(read=True, key_share=True)
    while True:
        session.execute(upsert(Mark).values(row).on_conflict_do_nothing())
        if session.scalar(held) is not None:
            return


def has_unmixed(session: Session) -> bool:
    """Whether a day is over whose links are not mixed yet, for the sweeper."""
    return session.scalar(select(Mark.subject_id).where(*_due()).limit(1)) is not None


@job(queue="bulk", timeout=900)
def mix(session: Session) -> None:
    """Mixes the links to one thing, with what was spent on days that are over; the next thing is for the next job.

    Who spends one meanwhile waits. Where somebody is just doing so it is left for the next time.
    """
    query = select(Mark).where(*_due()).order_by(Mark.at).limit(1)
    mark = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if mark is None:
        return
    _write_anew(session, mark.subject_id)
    session.delete(mark)
    session.flush()
    if has_unmixed(session):
        enqueue(session, mix, once=FLAG)


def _unseen(ref: UUID) -> tuple[ColumnElement[bool], ...]:
    """Links that were spent without a time; former ones have that of their day's beginning."""
    day = func.date_trunc("day", PersonalLink.spent_at, "UTC")
    return PersonalLink.ref_id == ref, or_(PersonalLink.spent_at == UNTOLD, PersonalLink.spent_at == day)


def _write_anew(session: Session, ref: UUID) -> None:
    columns = list(PersonalLink.__table__.c)
    gone = delete(PersonalLink).where(*_unseen(ref)).returning(*columns).cte("gone")
    kept = [literal(UNTOLD) if each.name == "spent_at" else gone.c[each.name] for each in columns]
    mixed = select(*kept).select_from(gone).order_by(func.random())
    session.execute(insert(PersonalLink).from_select([each.name for each in columns], mixed))


def _due() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Mark.name == UNMIXED, Mark.at < _today()


def _today() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
