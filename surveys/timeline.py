"""Answers of people whom we know, on their timeline."""

from collections.abc import Sequence

from sqlalchemy import func, literal, select

from customers.timeline import About, Narrowed, Selected, Source, entries, fitting
from surveys.models import Response, Survey
from surveys.wording import N_

BEGINNING = 300
"""Letters of somebody's words that a timeline shows."""


def responses(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """Each answer when it was finished; those that were left off are told of by the survey alone."""
    row = Response
    texts = func.jsonb_each_text(row.texts).table_valued("key", "value", name="said")
    longest = select(func.left(texts.c.value, BEGINNING)).order_by(func.length(texts.c.value).desc())
    words = longest.where(~texts.c.value.regexp_match(r"^[\[{]")).limit(1).scalar_subquery()
    selected = entries(
        "response",
        row.finished_at,
        row.id,
        row.person_id,
        survey=row.survey_id,
        name=Survey.name,
        nps=row.nps,
        csat=row.csat,
        ces=row.ces,
        words=words,
    )
    theirs = selected.join(Survey, Survey.id == row.survey_id).where(
        about.of(row.person_id), row.person_id.is_not(None), row.finished_at.is_not(None)
    )
    return fitting(theirs, wanted, direction=literal("in"))


SOURCE = Source("response", N_("Answers"), "responses.read", responses)
