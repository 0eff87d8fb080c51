"""All answers of a survey as a file: few at once, many as long work that leaves its file under the bell."""

from collections.abc import Iterator
from uuid import UUID

from flask import Response as FileResponse
from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from infra import long_jobs, sheets
from infra.ids import new_id
from surveys import surveys
from surveys.exports import stream
from surveys.figures import count_finished
from surveys.jobs import answers_csv
from surveys.models import Survey
from tenants import audit
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import tabs, the_survey
from web.forms import Form
from web.schemas.jobs import FileForm

Page = str | Response | tuple[str, int]

AT_ONCE = 10_000
"""Answers that are written while the browser waits; more become long work."""


@blueprint.get("/<uuid:survey_id>/responses.csv")
def csv(survey_id: UUID) -> Response:
    """All finished answers as a file, written while it is read; with many, the page that has it prepared."""
    return _file(survey_id, sheets.CSV)


@blueprint.get("/<uuid:survey_id>/responses.xlsx")
def xlsx(survey_id: UUID) -> Response:
    """The same for spreadsheets."""
    return _file(survey_id, sheets.XLSX)


def _file(survey_id: UUID, form: str) -> Response:
    survey = the_survey(survey_id)
    rows = _rows(survey)
    if rows > AT_ONCE:
        return redirect(url_for(".export", survey_id=survey_id), 303)
    audit.record(tenancy.session(), "survey.answers_exported", by=tenancy.actor(), subject=survey.id, rows=rows)

    def produce(session: Session) -> Iterator[bytes]:
        yield from stream(session, surveys.get_survey(session, survey_id), form=form)

    answer = FileResponse(tenancy.streamed(produce), mimetype=sheets.TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{survey.address}.{form}")
    return answer


@blueprint.get("/<uuid:survey_id>/export")
def export(survey_id: UUID) -> str:
    """How many answers there are, and the button that has the file prepared."""
    survey = the_survey(survey_id)
    shown = {"rows": _rows(survey), "at_once": AT_ONCE, "key": new_id().hex}
    return render_template("console/surveys/export.html", survey=survey, tabs=tabs, **shown)


@blueprint.post("/<uuid:survey_id>/exports")
def start_export(survey_id: UUID) -> Page:
    """Begins the long work; the page of the work is the next one. A second click leads to the same."""
    survey, form = the_survey(survey_id), Form.submitted(FileForm)
    if not form.attempt(lambda typed: _started(survey, typed["key"], typed["form"])):
        return redirect(url_for(".export", survey_id=survey_id), 303)
    return redirect(url_for("console.jobs.job", job_id=form.result), 303)


def _started(survey: Survey, key: str, form: str) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    rows = _rows(survey)
    asked = {"key": key, "filename": f"{survey.address}.{form}", "form": form}
    work = long_jobs.start(session, answers_csv, by=by, subject=survey.id, total=rows, **asked)
    if work.is_new:
        audit.record(session, "survey.answers_exported", by=by, subject=survey.id, rows=rows, job=work.id)
    return work.id


def _rows(survey: Survey) -> int:
    return count_finished(tenancy.session(), [survey.id])[survey.id]
