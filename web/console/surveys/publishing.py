"""Publish, withdraw, archive, delete: each says what it does before it does it."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, gettext
from surveys import publishing, surveys
from surveys.errors import NotPublishable
from surveys.figures import count_finished
from surveys.models import Survey
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.conditions import label_of
from web.console.surveys.edits import SURVEY, element_at
from web.console.surveys.frame import note, public_url, tabs, the_survey
from web.console.surveys.owner import candidates
from web.forms import Form
from web.held import ask_operators
from web.schemas.surveys import DeletionForm
from web.undo import offer

Page = str | Response | tuple[str, int]


@blueprint.get("/<uuid:survey_id>/publication")
def publication(survey_id: UUID) -> Page:
    """What stands against publishing, each with the way to it; or the button."""
    return _publication(the_survey(survey_id))


@blueprint.post("/<uuid:survey_id>/publication")
def publish(survey_id: UUID) -> Page:
    """Makes the draft what customers see."""
    survey = the_survey(survey_id)
    try:
        version = publishing.publish(tenancy.session(), survey, by=tenancy.actor().id)
    except NotPublishable:
        return _publication(survey, held=ask_operators(survey)), 422
    note("survey.published", survey.id, version=version.id)
    flash(N_("Your survey is live. Share its link."))
    return redirect(url_for(".share", survey_id=survey.id), 303)


@blueprint.get("/<uuid:survey_id>/manage")
def manage(survey_id: UUID) -> Page:
    """Versions, and the verbs that are needed seldom."""
    survey = the_survey(survey_id)
    versions = publishing.list_versions(tenancy.session(), survey)
    people = candidates()
    return render_template(
        "console/surveys/manage.html", survey=survey, versions=versions, tabs=tabs, candidates=people
    )


@blueprint.get("/<uuid:survey_id>/withdrawal")
def withdrawal(survey_id: UUID) -> Page:
    """What customers will see after withdrawing."""
    survey = the_survey(survey_id)
    return render_template("console/surveys/withdrawal.html", survey=survey, tabs=tabs, address=public_url(survey))


@blueprint.post("/<uuid:survey_id>/withdrawal")
def withdraw(survey_id: UUID) -> Page:
    """Closes the survey; answers stay."""
    survey = publishing.withdraw(tenancy.session(), the_survey(survey_id), by=tenancy.actor().id)
    note("survey.withdrawn", survey.id)
    flash(N_("The survey is closed. Publish it again whenever you like."))
    return redirect(url_for(".manage", survey_id=survey.id), 303)


@blueprint.post("/<uuid:survey_id>/archive")
def archive(survey_id: UUID) -> Page:
    """Puts the survey away with its answers."""
    survey = surveys.archive(tenancy.session(), the_survey(survey_id), by=tenancy.actor().id)
    note("survey.archived", survey.id)
    offer(N_("The survey is archived. Its answers and results are kept."), url_for(".restore", survey_id=survey.id))
    return redirect(url_for(".manage", survey_id=survey.id), 303)


@blueprint.post("/<uuid:survey_id>/restoration")
def restore(survey_id: UUID) -> Page:
    """Takes an archived survey back."""
    survey = surveys.restore(tenancy.session(), the_survey(survey_id))
    note("survey.restored", survey.id)
    flash(N_("The survey is back. It is not published."))
    return redirect(url_for(".manage", survey_id=survey.id), 303)


@blueprint.get("/<uuid:survey_id>/deletion")
def deletion(survey_id: UUID) -> Page:
    """What will be lost."""
    return _deletion(the_survey(survey_id), Form())


@blueprint.post("/<uuid:survey_id>/deletion")
def delete(survey_id: UUID) -> Page:
    """Deletes the survey with all its answers; with answers its name must be typed."""
    survey = the_survey(survey_id)
    form = Form.submitted(DeletionForm)
    if form.attempt(lambda typed: surveys.delete(tenancy.session(), survey, **typed)):
        note("survey.deleted", survey_id)
        flash(N_("The survey is deleted."))
        return redirect(url_for(".index"), 303)
    return _deletion(survey, form)


def _publication(survey: Survey, *, held: bool = False) -> str:
    definition = surveys.draft_of(survey)
    names = {question.id: label_of(question, definition) for question in definition.questions}
    names |= {block.id: gettext("Page %(n)s", n=n) for n, block in enumerate(definition.blocks, start=1)}
    found: dict[str, list[str]] = {}
    for pointer, sentences in publishing.problems(tenancy.session(), survey).items():
        known = found.setdefault(element_at(definition, pointer), [])
        known.extend(sentence for sentence in sentences if sentence not in known)
    return render_template(
        "console/surveys/publication.html",
        survey=survey,
        problems=[(at, names.get(at), sentences) for at, sentences in found.items()],
        in_survey=SURVEY,
        held=held,
        changed=publishing.has_unpublished_changes(tenancy.session(), survey),
        address=public_url(survey),
        tabs=tabs,
    )


def _deletion(survey: Survey, form: Form) -> tuple[str, int]:
    answers = count_finished(tenancy.session(), [survey.id])[survey.id]
    page = render_template("console/surveys/deletion.html", survey=survey, form=form, answers=answers, tabs=tabs)
    return page, form.status
