"""Reading responses, always through their survey, and the door through which the API writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from surveys.errors import ResponseNotFound
from surveys.intake import submit
from surveys.models import Response, ResponseRevision, Survey
from surveys.pages import Page, bounded, decode, page

Camp = Literal["promoters", "passives", "detractors"]
CAMPS: dict[str, tuple[int, int]] = {"promoters": (9, 10), "passives": (7, 8), "detractors": (0, 6)}


@dataclass(frozen=True, slots=True)
class ResponseFilters:
    """Which responses to list. Days are those of finishing, in the survey's zone, both included.

    `state` None is all. `with_text`: only those in which something was written.
    """

    state: Literal["partial", "finished", "screened"] | None = "finished"
    start: date | None = None
    end: date | None = None
    language: str | None = None
    camp: Camp | None = None
    with_text: bool = False


EVERYTHING = ResponseFilters(state=None)


def list_responses(
    session: Session,
    survey: Survey,
    filters: ResponseFilters | None = None,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[Response]:
    """Responses in the order in which they came in, newest first. Raises CursorInvalid."""
    size = bounded(limit)
    query = select_responses(survey, filters or ResponseFilters()).order_by(Response.id.desc()).limit(size + 1)
    cursor = decode(after)
    if cursor is not None:
        query = query.where(Response.id < cursor)
    rows = session.scalars(query).all()
    return page(rows, size, [row.id for row in rows])


def count_responses(
    session: Session, survey: Survey, filters: ResponseFilters | None = None, *, most: int = 10_000
) -> int:
    """How many responses fit, counted up to `most`, so that a page never waits for a million rows.

    `surveys.figures.count_finished` knows the number of all finished responses exactly and at once.
    """
    fitting = select_responses(survey, filters or ResponseFilters()).with_only_columns(Response.id).limit(most)
    return session.scalar(select(func.count()).select_from(fitting.subquery())) or 0


def get_response(session: Session, survey: Survey, response_id: UUID) -> Response:
    """A response of this survey, or ResponseNotFound."""
    found = session.scalar(select(Response).where(Response.id == response_id, Response.survey_id == survey.id))
    if found is None:
        raise ResponseNotFound()
    return found


def list_revisions(session: Session, survey: Survey, response_id: UUID) -> Sequence[ResponseRevision]:
    """What the response said before, newest first. Raises ResponseNotFound."""
    response = get_response(session, survey, response_id)
    query = select(ResponseRevision).where(ResponseRevision.response_id == response.id)
    return session.scalars(query.order_by(ResponseRevision.revision.desc())).all()


def neighbours(session: Session, survey: Survey, response: Response) -> tuple[UUID | None, UUID | None]:
    """The ids of the next newer and the next older finished response, for paging through single ones."""
    of_survey = (Response.survey_id == survey.id, Response.state == "finished")
    ids = select(Response.id).where(*of_survey).limit(1)
    newer = session.scalar(ids.where(Response.id > response.id).order_by(Response.id))
    older = session.scalar(ids.where(Response.id < response.id).order_by(Response.id.desc()))
    return newer, older


def select_responses(survey: Survey, filters: ResponseFilters) -> Select[Response]:
    """The filtered responses of a survey, without order."""
    query = select(Response).where(Response.survey_id == survey.id)
    if filters.state is not None:
        query = query.where(Response.state == filters.state)
    if filters.language is not None:
        query = query.where(Response.language == filters.language.replace("\x00", ""))
    if filters.start is not None:
        query = query.where(Response.finished_at >= midnight(filters.start, survey.zone))
    if filters.end is not None and filters.end < date.max:
        query = query.where(Response.finished_at < midnight(filters.end + timedelta(days=1), survey.zone))
    if filters.camp is not None:
        low, high = CAMPS[filters.camp]
        query = query.where(Response.nps.between(low, high))
    if filters.with_text:
        query = query.where(Response.texts != {})
    return query


def midnight(day: date, zone: str) -> datetime:
    """When the day begins in the zone, in UTC."""
    if day.year < 2 or day.year > 9998:
        return datetime.combine(day, time(), UTC)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


__all__ = [
    "EVERYTHING",
    "Camp",
    "ResponseFilters",
    "count_responses",
    "get_response",
    "list_responses",
    "list_revisions",
    "midnight",
    "neighbours",
    "select_responses",
    "submit",
]
