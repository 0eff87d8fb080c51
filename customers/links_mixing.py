"""Spent links to what is anonymous, mixed when their day is over.

Answers stand in their table in the order in which they came, and so would the links that were spent for them: side
by side they would say who said what. So once a day all of them, of that day and of those before, are written anew
in random order and in one transaction; then neither their place nor what wrote them tells when they were spent.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    cast,
    delete,
    distinct,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from customers.links import UNTOLD
from customers.models import PersonalLink
from infra import clock
from infra.jobs.declared import job
from tenants.models import Mark

UNMIXED = "links.unmixed"
"""The mark of a thing whose links are mixed every night. Its time is the first day that is not mixed yet."""
FLAG = "links_unmixed"
LATE = timedelta(days=1)
"""A commit may come so long after a link was found to be good, at the most."""


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
        if not _is_mixed(session, mark.subject_id):
            _write_anew(session, mark.subject_id)
        mark.at = _today()
        left = select(PersonalLink.id).where(
            PersonalLink.ref_id == mark.subject_id, PersonalLink.expires_at > clock.now() - LATE
        )
        if session.scalar(left.limit(1)) is None:
            session.delete(mark)


def _unseen(ref: UUID) -> tuple[ColumnElement[bool], ...]:
    """Links that were spent without a time; former ones have that of their day's beginning."""
    day = func.date_trunc("day", PersonalLink.spent_at, "UTC")
    return PersonalLink.ref_id == ref, or_(PersonalLink.spent_at == UNTOLD, PersonalLink.spent_at == day)


def _is_mixed(session: Session, ref: UUID) -> bool:
    """Whether all of several were written by one transaction, so that none was spent since."""
    writers = func.count(distinct(cast(literal_column("personal_links.xmin"), String)))
    many, wrote = session.execute(select(func.count(), writers).where(*_unseen(ref))).one()
    return bool(many > 1 and wrote == 1)


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
