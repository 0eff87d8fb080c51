"""Since when somebody has answered a survey, for reminders and counts. What they said is not asked.

Of an anonymous survey only what happened before today counts, as days go in UTC: who looks again and again would
otherwise see when somebody answered, and with it which answer is theirs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from customers.models import PersonalLink
from infra import clock
from surveys import known
from surveys.models import Response, Survey


def since(moment: datetime) -> datetime:
    """The beginning of a moment's day in UTC: of answers to anonymous surveys only the day is known."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def link_tells() -> ColumnElement[bool]:
    """Whether a personal link was spent and it may be known."""
    anonymous = select(Survey.id).where(Survey.id == PersonalLink.ref_id, Survey.identity == "anonymous").exists()
    return and_(
        PersonalLink.purpose == known.ANSWER,
        PersonalLink.spent_at.is_not(None),
        or_(PersonalLink.spent_at < since(clock.now()), ~anonymous),
    )


def latest(session: Session, survey_id: UUID, owner: Mapping[UUID, UUID]) -> dict[UUID, datetime]:
    """When each has answered last, by the id that `owner` names for any id of theirs."""
    spent = (
        select(PersonalLink.person_id, func.max(PersonalLink.spent_at))
        .where(PersonalLink.person_id.in_(owner), PersonalLink.ref_id == survey_id, link_tells())
        .group_by(PersonalLink.person_id)
    )
    said = (
        select(Response.person_id, func.max(Response.finished_at))
        .where(Response.person_id.in_(owner), Response.survey_id == survey_id, Response.state == "finished")
        .group_by(Response.person_id)
    )
    return of_owners(session, owner, spent, said)


def of_owners(session: Session, owner: Mapping[UUID, UUID], *queries: Select[Any, Any]) -> dict[UUID, datetime]:
    """The latest moment of each, whichever id of theirs it stands under."""
    found: dict[UUID, datetime] = {}
    for query in queries:
        for person, moment in session.execute(query):
            whose = owner[person]
            found[whose] = max(moment, found.get(whose, moment))
    return found
