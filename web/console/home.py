"""The first page after signing in: how customers feel now, what changed, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, render_template

from infra.i18n import N_, current_locale
from infra.text import Theme
from surveys import results as reading
from surveys import surveys
from surveys.models import Response, Survey
from surveys.results import Filters, Results
from tenants import branding
from web import tenancy
from web.console.surveys.findings import Score, score, statement
from web.console.surveys.results import ever_answered, newest_words, read_before, today
from web.schemas.surveys import PeriodQuery

blueprint = Blueprint("home", __name__)

SHOWN = 5
"""Surveys on the page."""
SOUGHT = 100
"""The newest surveys among which those for the page are chosen."""
PERIOD = {"period": "90"}
HEADLINES: tuple[Literal["nps", "csat", "ces"], ...] = ("nps", "csat", "ces")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps of a new workspace, and whether it is done."""

    text: str
    why: str
    endpoint: str
    permission: str
    done: bool


@dataclass(frozen=True, slots=True)
class Feeling:
    """What one survey says about now: a statement and a score, both None while nobody has answered."""

    survey: Survey
    answers: int
    statement: str | None
    score: Score | None
    words: Sequence[tuple[Response, str]]


@blueprint.get("/")
def index() -> str:
    """The newest surveys with their scores, live ones first; the first steps until somebody answers."""
    newest = list(surveys.list_surveys(tenancy.session(), limit=SOUGHT).items)
    feelings = [feeling(survey) for survey in sorted(newest, key=_urgency)[:SHOWN]]
    answered = any(each.answers for each in feelings) or any(map(ever_answered, newest[:SHOWN]))
    steps = [] if answered else first_steps(newest)
    return render_template("console/home.html", feelings=feelings, steps=steps, more=len(newest) > SHOWN)


def feeling(survey: Survey) -> Feeling:
    """The survey's headline over the last 90 days, compared with the 90 days before."""
    if survey.live_version_id is None and survey.withdrawn_at is None:
        return Feeling(survey, 0, None, None, ())
    first, last = PeriodQuery.days(PERIOD | {"first": None, "last": None}, today(survey))
    found = reading.read(tenancy.session(), survey, Filters(first, last))
    headline = next((result for kind in HEADLINES if (result := found.headline(kind)) and result.answered), None)
    if headline is None:
        return Feeling(survey, found.responses, None, None, ())
    said = statement(headline, current_locale())
    return Feeling(
        survey, found.responses, said, score(headline, read_before(survey, found)), _words(survey, found)
    )


def first_steps(newest: list[Survey]) -> list[Step]:
    """The way from an empty workspace to the first answer."""
    brand = branding.get_settings(tenancy.session())
    branded = brand.logo_key is not None or brand.accent != Theme.accent
    made, live = bool(newest), any(survey.live_version_id for survey in newest)
    look = N_("Customers trust a survey that looks like you. It takes a minute.")
    make = N_("Every template is ready to use; change what you like.")
    share = N_("As a link, in a mail, or as a QR code at the till.")
    wait = N_("The score shows here with the first answer, and says how sure it is.")
    return [
        Step(N_("Show your logo and colour"), look, "console.settings.brand", "brand.edit", branded),
        Step(N_("Make a survey from a template"), make, "console.surveys.gallery", "surveys.edit", made),
        Step(N_("Publish it and share its link"), share, "console.surveys.index", "surveys.publish", live),
        Step(N_("Get the first answer"), wait, "console.surveys.index", "surveys.read", False),
    ]


def _urgency(survey: Survey) -> int:
    """Live surveys say how customers feel now; drafts wait for somebody; closed ones are history."""
    return ("live", "draft", "withdrawn", "archived").index(survey.state)


def _words(survey: Survey, found: Results) -> list[tuple[Response, str]]:
    newest = newest_words(survey, found.filters, most=2)
    return [(response, next(iter(response.texts.values()))) for response in newest if response.texts]
