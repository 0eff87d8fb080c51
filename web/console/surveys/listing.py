"""The list of surveys, and how a new one begins."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import current_locale, language_name
from surveys import surveys
from surveys.library import list_templates
from surveys.models import Survey
from tenants import branding
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import note, the_survey
from web.forms import Form
from web.schemas.surveys import ListQuery, NewSurveyForm

Page = str | Response | tuple[str, int]

PAGE_SIZE = 25


@blueprint.get("")
def index() -> Page:
    """The surveys, newest first, filtered by what stands in the address."""
    query = ListQuery().load(request.args)
    wanted = {"archived": query["show"] == "archived", "search": query["q"]}
    page = surveys.list_surveys(tenancy.session(), after=query["after"], limit=PAGE_SIZE, **wanted)
    total = surveys.count_surveys(tenancy.session(), **wanted)
    return render_template("console/surveys/index.html", page=page, total=total, query=query)


@blueprint.get("/new")
def gallery() -> Page:
    """Templates to start from."""
    return _gallery(Form({"language": branding.get_settings(tenancy.session()).default_locale}))


@blueprint.post("")
def create() -> Page:
    """A new survey; the editor is the next page."""
    form = Form.submitted(NewSurveyForm)
    if form.attempt(lambda typed: _created(**typed)):
        note("survey.created", form.result.id)
        return redirect(url_for(".editor", survey_id=form.result.id), 303)
    return _gallery(form)


@blueprint.post("/<uuid:survey_id>/copies")
def duplicate(survey_id: UUID) -> Page:
    """A copy of the draft, without its answers."""
    copy = surveys.duplicate(tenancy.session(), the_survey(survey_id), by=tenancy.actor().id)
    note("survey.created", copy.id)
    return redirect(url_for(".editor", survey_id=copy.id), 303)


def _created(template: str, name: str, language: str) -> Survey:
    session, by = tenancy.session(), tenancy.actor().id
    zone = branding.get_settings(session).zone
    if template:
        return surveys.create_from_template(
            session, template, zone=zone, name=name or None, language=current_locale(), by=by
        )
    return surveys.create(session, name, zone=zone, language=language, by=by)


def _gallery(form: Form) -> tuple[str, int]:
    languages = [(code, language_name(code)) for code in branding.get_settings(tenancy.session()).languages]
    page = render_template(
        "console/surveys/gallery.html", form=form, templates=list_templates(), languages=languages
    )
    return page, form.status
