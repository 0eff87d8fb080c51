"""Spent links to what is anonymous, mixed when their day is over.

Answers stand in their table in the order in which they came, and so would the links that were spent for them: side
by side they would say who said what. So the links of each day are written anew in random order and in one
transaction; then neither their place nor what wrote them tells more than the day, which is stored anyway.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from customers.models import PersonalLink
from infra import clock
from infra.jobs.declared import job
from tenants.models import Mark

UNMIXED = "links.unmixed"
"""The mark of a thing whose links are mixed every night. Its time is the first day that is not mixed yet."""
FLAG = "links_unmixed"


def note(session: Session, ref: UUID) -> None:
    """The links to this thing are to be mixed from today on; in the transaction that spends one."""
    row = {"name": UNMIXED, "subject_id": ref, "by": None, "at": _today()}
    session.execute(upsert(Mark).values(row).on_conflict_do_nothing())


def has_unmixed(session: Session) -> bool:
    """Whether a day is over whose links are not mixed yet, for the sweeper."""
    return session.scalar(select(Mark.subject_id).where(*_due()).limit(1)) is not None


@job(queue="bulk", timeout=900)
def mix(session: Session) -> None:
    """Mixes what was spent on days that are over; the mark goes when no link is left that could be spent."""
    for mark in session.scalars(select(Mark).where(*_due()).with_for_update(skip_locked=True)):
        _write_anew(session, mark.subject_id, mark.at - timedelta(days=1))  # a commit may come after its midnight
        mark.at = _today()
        usable = or_(PersonalLink.expires_at > clock.now(), PersonalLink.spent_at >= mark.at)
        left = select(PersonalLink.id).where(PersonalLink.ref_id == mark.subject_id, usable)
        if session.scalar(left.limit(1)) is None:
            session.delete(mark)


def _write_anew(session: Session, ref: UUID, since: datetime) -> None:
    columns = list(PersonalLink.__table__.c)
    over = (PersonalLink.spent_at >= since, PersonalLink.spent_at < _today())
    gone = delete(PersonalLink).where(PersonalLink.ref_id == ref, *over).returning(*columns).cte("gone")
    mixed = select(*(gone.c[each.name] for each in columns)).order_by(func.random())
    session.execute(insert(PersonalLink).from_select([each.name for each in columns], mixed))


def _due() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Mark.name == UNMIXED, Mark.at < _today()


def _today() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
