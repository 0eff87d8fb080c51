"""The editor: one element at a time, saved whole with each button, so that nothing typed is lost."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.errors import NotFound
from infra.i18n import N_
from surveys import editing, surveys
from surveys.definition import Definition, DefinitionInvalid, dump, parse
from surveys.errors import DraftChanged, SurveyInvalid
from surveys.models import Survey
from web import tenancy
from web.console.surveys import edits, forms, uploads
from web.console.surveys.blueprint import blueprint
from web.console.surveys.editor_page import Editing, editor_page
from web.console.surveys.edits import SURVEY
from web.console.surveys.frame import tabs, the_survey
from web.schemas.surveys import EditorForm, EditorQuery, RemovalForm

Page = str | Response | tuple[str, int]


@blueprint.get("/<uuid:survey_id>/draft")
def editor(survey_id: UUID) -> Page:
    """The survey's draft, opened at one element."""
    query = EditorQuery().load(request.args)
    survey = the_survey(survey_id)
    definition = surveys.draft_of(survey)
    return editor_page(
        Editing(survey, definition, query["at"] or first_element(definition), check=bool(query["check"]))
    )


@blueprint.post("/<uuid:survey_id>/draft")
def save(survey_id: UUID) -> Page:
    """Stores what was typed and does what the button says; a refusal keeps every word."""
    sent = EditorForm().load(request.form)
    form, refused = uploads.taken(request.form)
    survey = the_survey(survey_id)
    typed = surveys.draft_of(survey)
    try:
        typed = forms.apply(typed, sent["at"], form, sent["then"].removeprefix("drop:"))
        definition, shown = _edited(typed, **sent)
        if refused:
            raise SurveyInvalid(problems=uploads.problems(typed, sent["at"], refused))
        _store(survey, definition, sent["revision"])
    except (DefinitionInvalid, SurveyInvalid) as refusal:
        return editor_page(Editing(survey, typed, sent["at"], typed=form, problems=refusal.problems)), 422
    except (DraftChanged, NotFound):
        return editor_page(Editing(survey, typed, sent["at"], typed=form, conflict=True)), 409
    return redirect(url_for(".editor", survey_id=survey.id, at=shown, _anchor="main"), 303)


@blueprint.get("/<uuid:survey_id>/draft/removal")
def remove_page(survey_id: UUID) -> Page:
    """What would be lost with the element."""
    at = EditorQuery().load(request.args)["at"]
    survey = the_survey(survey_id)
    definition = surveys.draft_of(survey)
    lost = _lost_language(definition, at) if at.startswith("language:") else _lost_element(definition, at)
    return render_template(
        "console/surveys/removal.html", survey=survey, definition=definition, at=at, tabs=tabs, **lost
    )


@blueprint.post("/<uuid:survey_id>/draft/removal")
def remove(survey_id: UUID) -> Page:
    """Takes the element or language out of the draft."""
    sent = RemovalForm().load(request.form)
    survey, at = the_survey(survey_id), sent["at"]
    definition = surveys.draft_of(survey)
    if at.startswith("language:"):
        kept = [each for each in definition.languages if each != at.removeprefix("language:")]
        result, shown = editing.edit_survey(definition, {"languages": kept}), SURVEY
    else:
        result, shown = edits.remove(definition, at), edits.neighbour(definition, at)
    surveys.save_draft(tenancy.session(), survey, result, revision=sent["revision"])
    flash(N_("Deleted from the draft. What is published stays as it is until you publish again."))
    return redirect(url_for(".editor", survey_id=survey.id, at=shown), 303)


def first_element(definition: Definition) -> str:
    """Where the editor opens: the first question, else the survey's own settings."""
    return next((question.id for question in definition.questions), SURVEY)


def _edited(typed: Definition, *, at: str, then: str, kind: str, add_language: str, revision: int) -> edits.Edited:
    definition = parse(dump(typed))
    if add_language and at == SURVEY and add_language not in definition.languages:
        definition = editing.edit_survey(definition, {"languages": [*definition.languages, add_language]})
    if then.startswith("go:"):
        target = then.removeprefix("go:")
        return definition, target if edits.find_place(definition, target) else SURVEY
    return edits.run(definition, at, then, kind)


def _lost_language(definition: Definition, at: str) -> dict[str, object]:
    language = at.removeprefix("language:")
    if language not in definition.languages or language == definition.default_language:
        raise NotFound()
    return {"language": language, "element": None, "depending": []}


def _lost_element(definition: Definition, at: str) -> dict[str, object]:
    element = edits.get_element(definition, at)
    return {"language": "", "element": element, "depending": edits.depending_on(definition, at)}


def _store(survey: Survey, definition: Definition, revision: int) -> None:
    session = tenancy.session()
    surveys.save_draft(session, survey, definition, revision=revision)
    name = request.form.get("name")
    if name is not None and name != survey.name:
        surveys.rename(session, survey, name=name)
