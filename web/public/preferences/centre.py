"""`/u/preferences/<token>`: what, by which way, how often, in which language; a pause; everything off."""

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from customers import consent_texts, contact_rules, preferences
from customers import unsubscribe as links
from customers.consent_age import Age, birth_year_of
from customers.preferences import Choice
from customers.purposes import CHANNELS
from customers.topics import name_of
from customers.unsubscribe import Opened
from tenants import branding
from web import tenancy
from web.forms import Form
from web.public.preferences import pages
from web.public.preferences.blueprint import blueprint
from web.schemas.preferences import PreferencesForm


@blueprint.get("/preferences/<token>")
def preferences_page(token: str) -> Response:
    """Everything as it stands."""
    opened = _open(token)
    return opened if isinstance(opened, Response) else _page(opened, token, Form())


@blueprint.post("/preferences/<token>")
def save_preferences(token: str) -> Answer:
    """Stores what was chosen; each change of consent is an act with this link as its source."""
    opened = _open(token)
    if isinstance(opened, Response):
        return opened
    form = Form.submitted(PreferencesForm)
    if form.attempt(lambda typed: _save(opened, typed)):
        return redirect(f"/u/preferences/{token}?saved=1", 303)
    return _page(opened, token, form)


@blueprint.post("/preferences/<token>/off")
def turn_off(token: str) -> Answer:
    """Nothing more, on no channel."""
    opened = _open(token)
    if isinstance(opened, Response):
        return opened
    proof = pages.proof(opened.who, "link", opened.contact)
    preferences.turn_all_off(tenancy.session(), opened.who, proof)
    return redirect(f"/u/preferences/{token}?saved=1", 303)


def _open(token: str) -> Opened | Response:
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    return pages.opened(lambda: links.open_preferences(tenancy.session(), settings, tenant.id, token))


def _save(opened: Opened, typed: dict[str, Any]) -> None:
    """All of it, or nothing where something is wrong."""
    session = tenancy.session()
    age = Age(typed["birth_year"], typed["guardian_email"])
    proof = pages.proof(opened.who, "link", opened.contact, age=age)
    wanted = {code: set() for code in typed["shown"]}  # type: dict[str, set[str]]
    for each in typed["want"]:
        code, _, channel = each.partition(":")
        if code in wanted:
            wanted[code].add(channel)
    choice = Choice(
        {code: frozenset(channels) for code, channels in wanted.items()},
        typed["every_days"],
        typed["pause_months"],
        typed["language"] or None,
    )
    with session.begin_nested():
        preferences.save(session, opened.who, choice, proof)


def _page(opened: Opened, token: str, form: Form) -> Response:
    session, who = tenancy.session(), opened.who
    settings, language = branding.get_settings(session), pages.language_of(who)
    view = preferences.overview(session, who)
    ages = contact_rules.get(session).ages
    business = tenancy.tenancy().name
    return pages.render(
        "centre",
        who,
        form.status,
        form=form,
        token_path=f"/u/preferences/{token}",
        view=view,
        from_portal=opened.from_portal,
        saved=bool(request.args.get("saved")) and not form.problems,
        email=pages.masked(who),
        channels=CHANNELS,
        names={line.topic.id: name_of(line.topic, language) for line in view.lines if line.topic},
        questions={
            line.purpose.code: consent_texts.shown(session, line.purpose.code, language, business)
            for line in view.lines
            if line.topic is None
        },
        languages=settings.languages,
        every_days=preferences.EVERY_DAYS,
        months=preferences.MONTHS,
        asks_age=bool(ages) and (birth_year_of(session, who) is None or bool(form.problems)),
    )
