"""What people are written to for: the purposes with their wordings, and the topics within them."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import consent_texts, purposes, topics
from infra.i18n import N_
from tenants import branding
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.consent import TopicForm, WordingForm

Page = str | Response | tuple[str, int]


@blueprint.get("/purposes")
def purposes_list() -> Page:
    """Purposes, wordings and topics."""
    return _page(Form())


@blueprint.post("/purposes/wording")
def save_wording() -> Page:
    """A new wording in one language; those who agreed to another keep theirs."""
    form = Form.submitted(WordingForm)
    if form.attempt(
        lambda typed: consent_texts.write(
            tenancy.session(), typed["purpose"], typed["locale"], typed["words"], by=tenancy.actor()
        )
    ):
        flash(N_("The wording is saved. Whoever agreed before agreed to the one before."), "wordings")
        return redirect(url_for(".purposes_list", _anchor="wordings"), 303)
    return _page(form)


@blueprint.post("/topics")
def add_topic() -> Page:
    """A new topic, which people can choose at once."""
    form = Form.submitted(TopicForm)
    names = _names()
    if form.attempt(lambda typed: topics.add(tenancy.session(), names=names, by=tenancy.actor(), **typed)):
        flash(N_("The topic is added. People can choose it in their preferences."), "topics")
        return redirect(url_for(".purposes_list", _anchor="topics"), 303)
    form.values |= {f"name_{locale}": name for locale, name in names.items()}
    return _page(form)


@blueprint.get("/topics/<uuid:topic_id>")
def topic(topic_id: UUID) -> Page:
    """Its names."""
    return _topic_page(topics.get(tenancy.session(), topic_id), Form())


@blueprint.post("/topics/<uuid:topic_id>")
def save_topic(topic_id: UUID) -> Page:
    """Other names."""
    found, form = topics.get(tenancy.session(), topic_id), Form()
    if form.attempt(lambda _: topics.rename(tenancy.session(), found, names=_names(), by=tenancy.actor())):
        flash(N_("The topic is saved."), "topics")
        return redirect(url_for(".purposes_list", _anchor="topics"), 303)
    return _topic_page(found, form)


@blueprint.post("/topics/<uuid:topic_id>/archive")
def archive_topic(topic_id: UUID) -> Response:
    """Nobody is asked about it or written to for it any more."""
    topics.archive(tenancy.session(), topics.get(tenancy.session(), topic_id), by=tenancy.actor())
    flash(N_("The topic is archived. Nothing is sent for it any more; what people chose stays."), "topics")
    return redirect(url_for(".purposes_list", _anchor="topics"), 303)


@blueprint.post("/topics/<uuid:topic_id>/restoration")
def restore_topic(topic_id: UUID) -> Response:
    """Brings it back."""
    topics.restore(tenancy.session(), topics.get(tenancy.session(), topic_id), by=tenancy.actor())
    flash(N_("The topic is in use again."), "topics")
    return redirect(url_for(".purposes_list", _anchor="topics"), 303)


def _names() -> dict[str, str]:
    languages = branding.get_settings(tenancy.session()).languages
    return {locale: request.form.get(f"name_{locale}", "")[:200] for locale in languages}


def _page(form: Form) -> tuple[str, int]:
    session = tenancy.session()
    settings, business = branding.get_settings(session), tenancy.tenancy().name
    page = render_template(
        "console/settings/purposes.html",
        form=form,
        all_purposes=purposes.TABLE,
        chosen=purposes.CHOSEN,
        kinds=purposes.KINDS,
        topics=topics.list_topics(session, archived=True),
        languages=settings.languages,
        wordings={
            (purpose.code, locale): consent_texts.shown(session, purpose.code, locale, business)
            for purpose in purposes.CHOSEN
            for locale in settings.languages
        },
        name_of=topics.name_of,
    )
    return page, form.status


def _topic_page(found: Any, form: Form) -> tuple[str, int]:
    languages = branding.get_settings(tenancy.session()).languages
    typed = _names() if form.problems else found.names
    page = render_template(
        "console/settings/topic.html",
        form=form,
        topic=found,
        names=typed,
        languages=languages,
        purpose=purposes.PURPOSES[found.purpose],
    )
    return page, form.status
