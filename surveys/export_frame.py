"""The columns of a file that hold what is stored beside the answers, where some version of the survey has such."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.definition import Definition, parse
from surveys.logic import is_shuffled, seed_of
from surveys.models import Response, Survey, SurveyVersion

BESIDE = (Response.hidden, Response.variables, Response.ending, Response.submission_key)
"""What a row has to bring along."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One column, and what stands in it of a row."""

    title: str
    take: Callable[[Any], object]


def columns_beside(session: Session, survey: Survey) -> Sequence[Beside]:
    """Ending, seed, hidden fields and variables of all versions, each only where some version has it."""
    query = select(SurveyVersion.document).where(SurveyVersion.survey_id == survey.id)
    definitions = [parse(document) for document in session.scalars(query.order_by(SurveyVersion.number.desc()))]
    return list(_columns(definitions))


def _columns(definitions: Sequence[Definition]) -> Iterator[Beside]:
    if any(each.endings for each in definitions):
        yield Beside("ending", attrgetter("ending"))
    if any(is_shuffled(each) for each in definitions):
        yield Beside("order_seed", lambda row: seed_of(row.submission_key))
    for code in dict.fromkeys(field.code for each in definitions for field in each.hidden):
        yield Beside(f"hidden.{code}", _taker("hidden", code))
    codes = {variable.id: variable.code for each in reversed(definitions) for variable in each.variables}
    for variable_id, code in codes.items():
        yield Beside(f"variable.{code}", _taker("variables", variable_id))


def _taker(column: str, key: str) -> Callable[[Any], object]:
    return lambda row: (getattr(row, column) or {}).get(key)
