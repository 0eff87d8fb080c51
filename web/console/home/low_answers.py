"""Low answers with words that nobody has looked at: read one, and it is looked at; or all at once."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from surveys import low
from tenants import audit
from web import tenancy
from web.console.home.blueprint import blueprint
from web.forms import Form
from web.schemas.home import LooksForm

SHOWN = 50


@blueprint.get("/low-answers")
def low_answers() -> str:
    """The newest of them over all surveys."""
    session = tenancy.session()
    rows = low.list_waiting(session, SHOWN)
    for survey_id in dict.fromkeys(survey.id for _, survey in rows):
        audit.record_reading(session, "survey.answers_listed", by=tenancy.actor(), subject=survey_id)
    total = session.scalar(low.count_waiting()) if len(rows) == SHOWN else len(rows)
    return render_template("console/home/low_answers.html", rows=rows, total=total, counted=low.COUNTED)


@blueprint.post("/low-answers/looks")
def look_at_all() -> Response:
    """Marks those that the page showed; what came in since then goes on waiting."""
    form, who = Form.submitted(LooksForm), tenancy.actor()
    if who.kind == "staff" and form.attempt(
        lambda typed: low.look_at_all(tenancy.session(), list(_ids(typed["ids"])), by=who.id)
    ):
        flash(N_("They are marked as looked at."))
    return redirect(url_for(".low_answers"), 303)


def _ids(told: Iterable[str]) -> Iterator[UUID]:
    """What is no id names no answer."""
    for text in told:
        with suppress(ValueError):
            yield UUID(text)
