"""What the answers say, over a period, with how sure it is."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import render_template, request
from werkzeug.wrappers import Response

from infra import clock
from infra.i18n import current_locale, use
from surveys import quotas
from surveys import results as reading
from surveys.models import Response as Answered
from surveys.models import Survey
from surveys.responses import ResponseFilters, list_responses
from surveys.results import Filters, Results
from tenants import audit
from web import tenancy
from web.auth import may
from web.console.surveys import findings
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import tabs, the_survey
from web.schemas.surveys import PeriodQuery

Page = str | Response | tuple[str, int]


@blueprint.get("/<uuid:survey_id>/results")
def results(survey_id: UUID) -> Page:
    """Scores, one finding per question, and the trend by week or month."""
    query = PeriodQuery().load(request.args)
    survey = the_survey(survey_id)
    first, last = PeriodQuery.days(query, today(survey))
    found = reading.read(tenancy.session(), survey, Filters(first, last))
    with use(zone=survey.zone):
        return render_template(
            "console/surveys/results.html",
            survey=survey,
            results=found,
            findings=_findings(survey, found, query["unit"]),
            standings=quotas.of_live(tenancy.session(), survey),
            answered_before=found.responses > 0 or ever_answered(survey),
            query=query,
            tabs=tabs,
        )


def ever_answered(survey: Survey) -> bool:
    """Whether anybody finished it at any time."""
    return bool(list_responses(tenancy.session(), survey, limit=1).items)


def read_before(survey: Survey, found: Results) -> Results | None:
    """The same over the period just before; None when there is none or nobody answered in it."""
    filters = findings.before(found.filters)
    if filters is None:
        return None
    earlier = reading.read(tenancy.session(), survey, filters)
    return earlier if earlier.responses else None


def newest_words(survey: Survey, filters: Filters, most: int = 40) -> Sequence[Answered]:
    """The newest answers in which something was written; none for who may not read single answers."""
    if not may("responses.read"):
        return ()
    chosen = ResponseFilters(start=filters.start, end=filters.end, with_text=True)
    return list_responses(tenancy.session(), survey, chosen, limit=most).items


def _findings(survey: Survey, found: Results, unit: str) -> list[findings.Finding]:
    earlier, written = read_before(survey, found), newest_words(survey, found.filters)
    if written:
        audit.record_reading(tenancy.session(), "survey.answers_listed", by=tenancy.actor(), subject=survey.id)
    return [findings.finding(each, current_locale(), unit, earlier, written) for each in found.questions]


def today(survey: Survey) -> date:
    """The day it is where the survey's days are counted."""
    return clock.now().astimezone(ZoneInfo(survey.zone)).date()
