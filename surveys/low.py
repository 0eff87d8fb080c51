"""Low answers with words: somebody is unhappy and says why. They wait until one of the staff has looked at them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, text
from sqlalchemy.orm import Session

from infra import clock
from surveys.models import LOW_WITH_WORDS, Response, Survey
from tenants import marks
from tenants.models import Mark

WAITS = timedelta(days=7)
"""How long a low answer is brought up; older ones are found in their survey."""
COUNTED = 100
"""They are counted up to here: whoever has more has enough to do."""


def waiting() -> Select[Any]:
    """The ids of low answers of the last week that nobody has looked at, in no order."""
    seen = exists().where(Mark.name == marks.ANSWER_SEEN, Mark.subject_id == Response.id)
    lately = Response.finished_at >= clock.now() - WAITS
    return select(Response.id).where(text(LOW_WITH_WORDS), lately, Response.state == "finished", ~seen)


def count_waiting() -> Select[Any]:
    """How many wait, counted up to COUNTED."""
    return select(func.count()).select_from(waiting().limit(COUNTED).subquery())


def list_waiting(session: Session, limit: int) -> Sequence[tuple[Response, Survey]]:
    """The newest waiting ones with their surveys."""
    query = (
        select(Response, Survey)
        .join(Survey, Survey.id == Response.survey_id)
        .where(Response.id.in_(waiting()))
        .order_by(Response.finished_at.desc(), Response.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def is_low(response: Response) -> bool:
    """As LOW_WITH_WORDS says it: a detractor, unsatisfied, or much effort; and something was written."""
    low = (response.nps, 6), (response.csat, 2), (response.ces, 3)
    return bool(response.texts) and any(score is not None and score <= most for score, most in low)


def look_at(session: Session, response: Response, *, by: UUID | None) -> None:
    """Notes that somebody has looked at the answer; what is not low is not noted."""
    if is_low(response) and response.state == "finished":
        marks.put(session, marks.ANSWER_SEEN, [response.id], by=by)


def look_at_all(session: Session, ids: Sequence[UUID], *, by: UUID | None) -> None:
    """Notes that the named ones were looked at, as far as they are waiting."""
    found = session.scalars(waiting().where(Response.id.in_(ids))).all()
    marks.put(session, marks.ANSWER_SEEN, found, by=by)
