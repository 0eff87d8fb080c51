"""Inviting the customers of a segment: what the door would say, the rounds, and stopping one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as Reply

from customers.contact_facts import REASONS
from customers.segments import verbs
from infra.errors import Conflict, Invalid
from infra.i18n import N_, gettext
from infra.ids import new_id
from surveys import invitation_counts, invitations
from surveys.errors import RoundInvalid
from surveys.models import Survey, SurveyRound
from tenants import staff
from web import mail_frame, tenancy
from web.console.jobs import shown
from web.console.surveys import invitation_form
from web.console.surveys.frame import tabs, the_survey
from web.forms import Form
from web.schemas.invitations import REMINDER, ForecastQuery, PreviewForm, RoundForm, RoundsQuery

blueprint = Blueprint("invitations", __name__)

Page = str | Reply | tuple[str, int]

PAGE_SIZE = 25


@blueprint.get("/<uuid:survey_id>/invitations")
def rounds(survey_id: UUID) -> Page:
    """The rounds of a survey, newest first, and the form that begins another one."""
    survey, query = the_survey(survey_id), RoundsQuery().load(request.args)
    session = tenancy.session()
    found = invitations.list_rounds(session, survey.id, after=query["after"], limit=PAGE_SIZE)
    return _page(
        "rounds",
        survey,
        page=found,
        after=query["after"],
        rounds=invitation_counts.progress(session, found.items),
        total=invitations.count_rounds(session, survey.id),
        form=Form(),
        **_choices(survey),
    )


@blueprint.get("/<uuid:survey_id>/invitations/new")
def new(survey_id: UUID) -> Page:
    """Says how many the door would let through now; nothing is sent yet."""
    return _forecast(the_survey(survey_id), _asked(request.args.to_dict()))


@blueprint.post("/<uuid:survey_id>/invitations/new")
def choose_again(survey_id: UUID) -> Page:
    """Says it for another choice; the words typed so far stay, and nothing is sent."""
    chosen = {name: request.form.get(f"other_{name}", "") for name in ("segment", "what")}
    return _forecast(the_survey(survey_id), invitation_form.keep_words(_asked(chosen)))


@blueprint.post("/<uuid:survey_id>/invitations")
def start(survey_id: UUID) -> Page:
    """Begins a round once, however often the button is pressed; the page of the round is the next one."""
    survey, form = the_survey(survey_id), invitation_form.submitted(RoundForm)
    if not form.attempt(lambda typed: _started(survey, typed)):
        return _forecast(survey, form)
    return _to(form.result)


@blueprint.get("/<uuid:survey_id>/invitations/preview")
def look(survey_id: UUID) -> Response:
    """The mail as it will look when nobody words it, in the workspace's first language."""
    return _look(the_survey(survey_id), _asked(request.args.to_dict(), PreviewForm))


@blueprint.post("/<uuid:survey_id>/invitations/preview")
def preview(survey_id: UUID) -> Response:
    """The mail with the words that were typed, in the language whose button was pressed."""
    return _look(the_survey(survey_id), invitation_form.submitted(PreviewForm))


@blueprint.get("/<uuid:survey_id>/invitations/<uuid:round_id>")
def show(survey_id: UUID, round_id: UUID) -> Page:
    """How a round stands, by state and reason; asked for again while it moves."""
    survey, found = _round(survey_id, round_id)
    session = tenancy.session()
    progress = invitation_counts.progress(session, [found])[0]
    return _page(
        "round",
        survey,
        progress=progress,
        work=shown(progress.work) if progress.work is not None else None,
        reasons=REASONS,
        by=staff.name_of(session, found.created_by),
        has_segment=invitations.has_segment(session, found),
    )


@blueprint.post("/<uuid:survey_id>/invitations/<uuid:round_id>/pause")
def pause(survey_id: UUID, round_id: UUID) -> Reply:
    """From now on nothing more goes out."""
    return _said(survey_id, round_id, invitations.pause, N_("Paused. Nothing more goes out until you send it on."))


@blueprint.post("/<uuid:survey_id>/invitations/<uuid:round_id>/resumption")
def resume(survey_id: UUID, round_id: UUID) -> Reply:
    """Sends a paused round on."""
    return _said(survey_id, round_id, invitations.resume, N_("Sending goes on."))


@blueprint.get("/<uuid:survey_id>/invitations/<uuid:round_id>/cancellation")
def cancellation(survey_id: UUID, round_id: UUID) -> Page:
    """What cancelling does, before it is done."""
    survey, found = _round(survey_id, round_id)
    return _page("cancellation", survey, progress=invitation_counts.progress(tenancy.session(), [found])[0])


@blueprint.post("/<uuid:survey_id>/invitations/<uuid:round_id>/cancellation")
def cancel(survey_id: UUID, round_id: UUID) -> Reply:
    """Takes back what was not sent."""
    return _said(survey_id, round_id, invitations.cancel, N_("Cancelled. What was not sent yet never goes out."))


def _look(survey: Survey, form: Form) -> Response:
    if form.attempt(lambda typed: invitation_form.preview(survey, typed)):
        return mail_frame.answer(form.result.html)
    page = render_template("console/customers/_no_preview.html", form=form)
    return mail_frame.answer(page, form.status)


def _asked(chosen: Mapping[str, str], schema: type[ForecastQuery] = ForecastQuery) -> Form:
    """What was chosen, in the address or in the form."""
    form = Form(chosen)
    try:
        form.typed = schema().load(form.values)
    except ValidationError:
        form.problems, form.status = {"segment": [invitations.CHOOSE]}, 422
    return form


def _round(survey_id: UUID, round_id: UUID) -> tuple[Survey, SurveyRound]:
    survey = the_survey(survey_id)
    return survey, invitations.get(tenancy.session(), survey.id, round_id)


def _started(survey: Survey, typed: dict[str, Any]) -> SurveyRound:
    asked = {"key": invitation_form.key_of(typed), "reminder": typed["what"] == REMINDER}
    with invitation_form.beside_its_field():
        return invitations.start(
            tenancy.session(), survey, _chosen(typed), by=tenancy.actor(), words=invitation_form.words(), **asked
        )


def _chosen(typed: dict[str, Any]) -> UUID:
    if typed["segment"] is None:
        raise RoundInvalid(problems={"segment": [invitations.CHOOSE]})
    segment_id: UUID = typed["segment"]
    return segment_id


def _forecast(survey: Survey, form: Form) -> Page:
    """The figures for what was chosen; where something speaks against it, the form alone with the reason."""
    session = tenancy.session()
    forecast = segment = None
    if not form.problems or invitation_form.is_wording_alone(form):
        try:
            segment = invitations.usable_segment(session, _chosen(form.typed))
            reminder = form.typed["what"] == REMINDER
            forecast = invitation_counts.forecast(session, survey, segment.id, reminder=reminder)
        except (Invalid, Conflict) as refusal:
            form.refuse(refusal)
    page = _page(
        "new",
        survey,
        form=form,
        key=new_id().hex,
        segment=segment,
        forecast=forecast,
        reasons=REASONS,
        reminds=form.value("what") == REMINDER,
        languages=invitation_form.languages(),
        typed=invitation_form.typed_words(form),
        **_choices(survey),
    )
    answer = Response(page, form.status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = mail_frame.around()
    return answer


def _choices(survey: Survey) -> dict[str, Any]:
    reminder = N_("A reminder, to those who were invited and have not answered")
    if survey.identity == "anonymous":
        reminder = N_("A reminder, to everybody who was invited")
    segments = [(str(each.id), each.name) for each in verbs.list_segments(tenancy.session())]
    return {
        "segments": segments,
        "kinds": [
            ("invitation", gettext("An invitation, to everybody in the segment")),
            ("reminder", gettext(reminder)),
        ],
    }


def _said(survey_id: UUID, round_id: UUID, verb: Callable[..., None], sentence: str) -> Reply:
    found = _round(survey_id, round_id)[1]
    verb(tenancy.session(), found, by=tenancy.actor())
    flash(sentence)
    return _to(found)


def _to(found: SurveyRound) -> Reply:
    return redirect(url_for(".show", survey_id=found.survey_id, round_id=found.id), 303)


def _page(name: str, survey: Survey, **shown: Any) -> str:
    return render_template(
        f"console/surveys/invitations/{name}.html",
        survey=survey,
        tabs=tabs,
        is_open=invitations.is_open(tenancy.session(), survey.id),
        **shown,
    )
