"""The first page after signing in: how customers feel now, what changed, and what to do next."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from infra.i18n import N_
from surveys import surveys
from surveys.figures import count_finished
from surveys.models import Survey
from tenants import branding
from web import tenancy

blueprint = Blueprint("home", __name__)

SHOWN = 5
"""Surveys on the page."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps of a new workspace, and whether it is done."""

    text: str
    endpoint: str
    done: bool


@blueprint.get("/")
def index() -> str:
    """The newest surveys with their figures, and the first steps until all are done."""
    session = tenancy.session()
    newest = list(surveys.list_surveys(session, limit=SHOWN).items)
    answers = count_finished(session, [survey.id for survey in newest])
    steps = first_steps(newest, sum(answers.values()))
    return render_template("console/home.html", surveys=newest, answers=answers, steps=steps)


def first_steps(newest: list[Survey], answers: int) -> list[Step]:
    """The way from an empty workspace to the first answer."""
    branded = branding.get_settings(tenancy.session()).version > 0
    return [
        Step(N_("Show your logo and colour"), "console.settings.brand", branded),
        Step(N_("Make a survey from a template"), "console.surveys.gallery", bool(newest)),
        Step(N_("Publish it and share its link"), "console.surveys.index", any(s.live_version_id for s in newest)),
        Step(N_("Get the first answer"), "console.surveys.index", answers > 0),
    ]
