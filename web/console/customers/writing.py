"""Writing to one customer: what the door says before, how the mail will look, and what became of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import contact_outlook, purposes, topics, writing, writing_grounds, writing_mail, writing_text
from customers.contact_facts import REASONS
from customers.models import Interaction, Person
from customers.writing import Written
from customers.writing_errors import MessageInvalid
from customers.writing_grounds import Grounds
from infra import links
from infra.i18n import N_, current_locale, gettext
from infra.ids import new_id
from infra.mail.purposes import OutgoingMail
from surveys import letters as survey_letters
from tenants import branding
from tenants.domains import claims
from web import mail_frame, tenancy
from web.auth import may
from web.console.customers import frame
from web.console.customers.interactions import id_of
from web.console.customers.writing_words import ways_out
from web.forms import Form
from web.schemas.writing import DraftForm, MessageForm

blueprint = Blueprint("writing", __name__)

Page = str | Response | tuple[str, int]

FIELDS = {"purpose": "what", "topic": "what"}
SERVICE = "service"
RE = "Re: "
"""What the domain calls a field, and what the form does."""


@blueprint.get("/<uuid:person_id>/message")
def new(person_id: UUID) -> Page:
    """The empty form, or one that answers what the customer wrote."""
    found, answers = frame.the_person(person_id), request.args.get("answers", "")[:50]
    if found.id != person_id:
        return redirect(url_for(".new", person_id=found.id, answers=answers or None))
    form = Form({"key": new_id().hex, "what": writing.LETTER, "answers": answers})
    answered = _answered(found, form)
    if answered is not None:
        said = (answered.subject or "").strip()
        subject = said if not said or said.casefold().startswith(RE.casefold()) else f"{RE}{said}"
        form.values |= {"what": SERVICE, "subject": subject[: writing_text.LONGEST_SUBJECT]}
    return _page(found, form)


@blueprint.post("/<uuid:person_id>/message")
def send(person_id: UUID) -> Page:
    """Sends it once, however often the button is pressed. What is refused comes back with reason and words."""
    found, form = frame.the_person(person_id), Form.submitted(MessageForm)
    if form.value("verb") == "look":
        return _page(found, Form(form.values))
    if not form.attempt(lambda typed: _written(found, typed)):
        if form.status == 409:
            form.values["key"] = new_id().hex  # pressing the button again is another message
        return _page(found, form)
    written: Written = form.result
    if written.contact.state == "refused":
        tenancy.checkpoint()  # the refusal is kept, though the answer is one
        return _refused(frame.the_person(person_id), form)
    assert written.interaction is not None, "what was not refused has its words"
    if written.contact.state == "requested":
        flash(N_("The message is on its way."))
    return redirect(url_for("console.customers.interaction", interaction_id=written.interaction.id), 303)


@blueprint.post("/<uuid:person_id>/message/outlook")
def outlook(person_id: UUID) -> str:
    """What the door says now, for the part of the form that shows it."""
    form = Form.submitted(DraftForm)
    return render_template("console/customers/_outlook.html", **_outlook(frame.the_person(person_id), form))


@blueprint.post("/<uuid:person_id>/message/preview")
def preview(person_id: UUID) -> Response:
    """The mail as it will look, in a frame."""
    found, form = frame.the_person(person_id), Form.submitted(DraftForm)
    if form.attempt(lambda typed: _preview(found, typed)):
        return mail_frame.answer(form.result.html)
    page = render_template("console/customers/_no_preview.html", form=form)
    return mail_frame.answer(page, form.status)


def _written(found: Person, typed: dict[str, Any]) -> Written:
    purpose, _, topic = typed["what"].partition(".")
    said = {"subject": typed["subject"], "text": typed["text"], "topic": topic}
    session, by, key = tenancy.session(), tenancy.actor(), f"form:{typed['key']}"
    grounds = Grounds(typed["answers"], typed["reason"])
    try:
        if typed["survey"] is not None:
            return survey_letters.write(session, found, typed["survey"], key=key, by=by, **said)
        return writing.write(session, found, key=key, by=by, purpose=purpose, grounds=grounds, **said)
    except MessageInvalid as refusal:
        problems = {FIELDS.get(name, name): said for name, said in refusal.problems.items()}
        raise MessageInvalid(problems=problems) from refusal


def _refused(found: Person, form: Form) -> Page:
    """The form with every word and a new key, because the old one names the refusal."""
    form.values["key"] = new_id().hex
    form.problems[""] = [N_("The message was not sent. What stands against it is said below; your words are kept.")]
    form.status = 409
    return _page(found, form)


def _preview(found: Person, typed: dict[str, Any]) -> Any:
    session, locale = tenancy.session(), writing_mail.locale_of(tenancy.session(), found)
    purpose, _ = _what(typed["what"], typed["survey"])
    words, link = "", ""
    if typed["survey"] is not None:
        survey = survey_letters.find_open(session, typed["survey"], locale)
        if survey is None:
            raise MessageInvalid(problems={"survey": [survey_letters.NOT_OPEN]})
        settings = tenancy.services().settings
        link = links.tenant_url(settings, claims.home(session), f"/s/{survey.address}?p=…")
        words = survey_letters.BUTTON
    return writing_mail.preview(
        session,
        found,
        _draft(locale),
        subject=typed["subject"],
        text=typed["text"],
        purpose=purposes.get(purpose).code,
        link=link,
        words=words,
    )


def _draft(locale: str) -> OutgoingMail:
    return writing_mail.draft(tenancy.services().settings, tenancy.tenant(), tenancy.tenancy().name, locale)


def _page(found: Person, form: Form) -> tuple[str, int] | Response:
    session, settings = tenancy.session(), tenancy.services().settings
    answered, gives_reasons = _answered(found, form), may(writing_grounds.PERMISSION)
    why = [("", gettext("None")), *((code, gettext(words)) for code, words in writing_grounds.REASONS.items())]
    page = render_template(
        "console/customers/message.html",
        form=form,
        answered=answered,
        why=why if gives_reasons and answered is None else [],
        choices=_choices(service=gives_reasons or answered is not None),
        surveys=[("", gettext("None")), *((str(each.id), each.name) for each in survey_letters.list_open(session))],
        email=found.identity.email,
        language=writing_mail.locale_of(session, found),
        answers_to=writing_mail.answers_to(settings, tenancy.tenant()),
        own_answers=branding.get_settings(session).reply_to,
        **_outlook(found, form),
        **frame.head(found, "message"),
    )
    answer = Response(page, form.status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = mail_frame.around()
    return answer


def _outlook(found: Person, form: Form) -> dict[str, Any]:
    """What the door says about the purpose that is chosen; about the first one where nothing sensible is."""
    purpose, topic = _what(str(form.value("what")), form.value("survey"))
    known = {each.code for each in topics.list_topics(tenancy.session())}
    if purpose not in purposes.PURPOSES or (topic and topic not in known):
        purpose, topic = writing.LETTER, ""
    seen = contact_outlook.look(tenancy.session(), found.id, purpose, topic=topic)
    zone = found.zone or branding.get_settings(tenancy.session()).zone
    return {
        "outlook": seen,
        "kinds": purposes.KINDS,
        "reasons": REASONS,
        "way_out": ways_out(found.id, seen.reason) if seen.reason else None,
        "zone": zone,
    }


def _what(typed: str, survey: object) -> tuple[str, str]:
    """The purpose and the topic whose rules hold: what encloses a survey is one, whatever was chosen."""
    purpose, _, topic = typed.partition(".")
    if survey and purpose != survey_letters.PURPOSE:
        return survey_letters.PURPOSE, ""
    return purpose, topic


def _answered(found: Person, form: Form) -> Interaction | None:
    """What of the customer's the message answers; None for one that nobody asked for."""
    named = id_of(str(form.value("answers")))
    return writing_grounds.find_answered(tenancy.session(), found, named, by=tenancy.actor())


def _choices(*, service: bool) -> list[tuple[str, str]]:
    """Purposes with their topics, what is meant for letters by hand first; each says which law applies."""
    shown = topics.list_topics(tenancy.session())
    offered = [purpose for purpose in purposes.TABLE if service or not purpose.transactional]
    first = sorted(offered, key=lambda purpose: purpose.code != writing.LETTER)
    found = []
    for purpose in first:
        name, kind = gettext(purpose.name), gettext(purposes.KINDS[purpose.kind])
        found.append((purpose.code, f"{name} ({kind})"))
        for topic in shown:
            if topic.purpose == purpose.code:
                called = topics.name_of(topic, current_locale())
                found.append((f"{purpose.code}.{topic.code}", f"{name}: {called} ({kind})"))
    return found
