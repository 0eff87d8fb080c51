"""The first page after signing in, put together from its parts; each part asks a fixed number of questions."""

from flask import render_template

from surveys import pulse, surveys
from web import tenancy
from web.console.home import feelings, needs, news, steps
from web.console.home.blueprint import blueprint

SOUGHT = 100
"""The newest surveys among which those for the page are chosen."""


@blueprint.get("/")
def index() -> str:
    """How customers feel, what needs me, what changed; the first steps until they are done or put away."""
    session = tenancy.session()
    newest = list(surveys.list_surveys(session, limit=SOUGHT).items)
    arrivals = pulse.read_arrivals(session)
    answered = any(each.now for each in arrivals.values()) or pulse.ever_answered(session)
    felt = feelings.read(newest, arrivals)
    shown = {
        "answered": answered,
        "feelings": [each for each in felt if each.score],
        "quiet": [each for each in felt if not each.score],
        "more": len(newest) > len(felt),
        "needs": needs.waiting(),
        "news": news.read(felt, arrivals) if answered else None,
        "deeds": news.deeds(),
        "steps": steps.first_steps(newest, answered=answered),
    }
    return render_template("console/home/index.html", **shown)
