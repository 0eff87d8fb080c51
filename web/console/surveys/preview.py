"""The draft as customers would see it. It leads through the logic and stores nothing."""

from dataclasses import replace
from uuid import UUID

from flask import request, url_for
from flask_wtf.csrf import generate_csrf

from infra.i18n import gettext, negotiate
from surveys import surveys
from surveys.answers import CompiledSurvey, compile_survey
from surveys.definition import Definition, Question
from surveys.logic.hidden import cleaned
from surveys.models import Survey
from tenants import branding
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import the_survey
from web.public.surveys import endings, steps
from web.public.surveys.forms import Posted, collect
from web.public.surveys.pages import Brand, FormState, first_state, render_message, render_page
from web.public.surveys.visits import brand_of


@blueprint.get("/<uuid:survey_id>/preview")
def preview(survey_id: UUID) -> str:
    """The first page of the draft."""
    survey = the_survey(survey_id)
    compiled = compile_survey(_without_duties(surveys.draft_of(survey)))
    language = _language(compiled)
    hidden = cleaned({field.code: request.args.get(field.code) for field in compiled.definition.hidden})
    return _page(survey, first_state(compiled, language, hidden), language)


@blueprint.post("/<uuid:survey_id>/preview")
def walk_preview(survey_id: UUID) -> str:
    """The next page of the draft, for the answers so far; at the end its words of thanks."""
    survey = the_survey(survey_id)
    compiled = compile_survey(_without_duties(surveys.draft_of(survey)))
    language, posted = _language(compiled), _posted()
    going_back = posted.own.get("_go") == "back"
    state = (steps.preceding if going_back else steps.following)(compiled, posted, language)
    if state is not None:
        return _page(survey, state, language)
    here = steps.walked(compiled, posted, language)
    ending = endings.find_ending(compiled.definition, here.path.ending)
    page = endings.farewell(compiled.definition, ending, language, endings.Told(here.path, here.raw))
    heading = gettext("End of the preview. Nothing was stored.")
    return render_message(heading, page.text, say=page.say, brand=_brand(), language=language)


def _without_duties(definition: Definition) -> Definition:
    """A preview takes no files, so that nobody must send one to see what comes next."""
    blocks = tuple(
        replace(block, questions=tuple(_without_duty(question) for question in block.questions))
        for block in definition.blocks
    )
    return replace(definition, blocks=blocks)


def _without_duty(question: Question) -> Question:
    if question.type != "file_upload":
        return question
    return replace(question, required=False, require_if=None)


def _page(survey: Survey, state: FormState, language: str) -> str:
    return render_page(
        state,
        brand=_brand(),
        address=survey.address,
        language=language,
        token=generate_csrf(),  # type: ignore[no-untyped-call]
        token_field="csrf_token",
        action=url_for(".preview", survey_id=survey.id),
        notice=gettext("This is a preview of the draft. Nothing you enter is stored."),
    )


def _posted() -> Posted:
    pairs = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    return collect(pairs)


def _language(compiled: CompiledSurvey) -> str:
    definition = compiled.definition
    asked = [request.args.get("lang", ""), *request.accept_languages.values()]
    return negotiate(asked, definition.languages, definition.default_language)


def _brand() -> Brand:
    settings = branding.get_settings(tenancy.session())
    return brand_of(tenancy.tenancy().name, settings.version, settings.logo_key is not None)
