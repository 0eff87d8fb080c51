"""Since when somebody has answered a survey, for reminders and counts. What they said is not asked.

Of an anonymous survey nothing here knows who took part, not even after a day: with few answers a day, that and the
answers of the day would say who said what.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from customers import links
from customers.models import PersonalLink
from surveys import known
from surveys.models import Response, Survey


def spent_seen() -> ColumnElement[bool]:
    """Whether a personal link was spent, and not for an anonymous answer. Ask as well that its survey is none."""
    return and_(PersonalLink.purpose == known.ANSWER, PersonalLink.spent_at > links.UNTOLD)


def latest(session: Session, survey_id: UUID, owner: Mapping[UUID, UUID]) -> dict[UUID, datetime]:
    """When each has answered last, by the id that `owner` names for any id of theirs."""
    spent = (
        select(PersonalLink.person_id, func.max(PersonalLink.spent_at))
        .join(Survey, and_(Survey.id == PersonalLink.ref_id, Survey.identity != "anonymous"))
        .where(PersonalLink.person_id.in_(owner), PersonalLink.ref_id == survey_id, spent_seen())
        .group_by(PersonalLink.person_id)
    )
    said = (
        select(Response.person_id, func.max(Response.finished_at))
        .where(Response.person_id.in_(owner), Response.survey_id == survey_id, Response.state != "partial")
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
