"""`/surveys/{id}/results`: scores, counts and trends, each figure with its number and interval."""

from typing import Any
from uuid import UUID

from surveys import results
from surveys.results import Filters, QuestionResult, Results
from web import tenancy
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import the_survey
from web.schemas.api import examples
from web.schemas.api import results as schemas

blueprint = ApiBlueprint("results", __name__, description="Scores with their uncertainty, counts and trends.")


@blueprint.get("/surveys/<uuid:survey_id>/results")
@blueprint.arguments(schemas.ResultsQuery, location="query")
@blueprint.response(200, schemas.Results, example=examples.RESULTS)
def get_results(query: dict[str, Any], survey_id: UUID) -> dict[str, Any]:
    """Get the results of a survey

    Over all versions, exact at the moment of the request: what was confirmed a moment ago is counted.
    """
    filters = Filters(query.get("first_day"), query.get("last_day"), query.get("language"))
    return shown(results.read(tenancy.session(), the_survey(survey_id), filters), query["period"])


def shown(found: Results, period: str) -> dict[str, Any]:
    """The results as their schema takes them, with the trends of one period."""
    by_period = found.by_week if period == "week" else found.by_month
    headlines = {kind: found.headline(kind) for kind in ("nps", "csat", "ces")}
    return {
        "survey_id": found.survey_id,
        "zone": found.zone,
        "period": period,
        "responses": found.responses,
        "screened": found.screened,
        "trend": [{"start": start, "responses": count} for start, count in by_period],
        "headlines": {kind: result.question.id if result else None for kind, result in headlines.items()},
        "questions": [_question(result, period) for result in found.questions],
    }


def _question(result: QuestionResult, period: str) -> dict[str, Any]:
    question = result.question
    return {
        "id": question.id,
        "code": question.code,
        "type": question.type,
        "text": question.text,
        "asked_now": result.asked_now,
        "answered": result.answered,
        "score": result.score,
        "camps": result.camps,
        "counts": result.bars,
        "spread": result.spread,
        "parts": [_part(part) for part in result.parts],
        "trend": result.weeks if period == "week" else result.months,
    }


def _part(result: QuestionResult) -> dict[str, Any]:
    """A row of a table, or an option of a ranking or sum."""
    question = result.question
    return {
        "code": question.code,
        "text": question.text,
        "answered": result.answered,
        "score": result.score,
        "counts": result.bars,
    }
