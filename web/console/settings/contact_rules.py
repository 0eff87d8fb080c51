"""Contact rules: how much, at what hours, with which consent; with examples that are worked out on the spot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import contact_rules as rules_of
from customers import purposes
from customers.models import ContactRules
from infra import clock
from infra.errors import Invalid
from infra.i18n import N_
from tenants import branding
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.consent import BudgetForm, ConsentRulesForm, QuietForm, SoftBouncesForm

Page = str | Response | tuple[str, int]

NOT_AN_AGE = N_("Write an age between 5 and 21, or leave it empty.")
EXAMPLE_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Example:
    """A message that is asked for at a local moment, and when it goes out."""

    zone: str
    asked: datetime
    due: datetime

    @property
    def at_once(self) -> bool:
        return self.asked == self.due


@blueprint.get("/contact-rules")
def contact_rules() -> Page:
    """The rules as they are."""
    return _page(Form())


@blueprint.post("/contact-rules/budget")
def save_budget() -> Page:
    """At most so many messages in so many days."""
    form = Form.submitted(BudgetForm)
    if form.attempt(lambda typed: rules_of.set_budget(tenancy.session(), by=tenancy.actor(), **typed)):
        return _saved(N_("The budget is saved."), "budget")
    return _page(form)


@blueprint.post("/contact-rules/quiet-hours")
def save_quiet_hours() -> Page:
    """When people are left alone."""
    form = Form.submitted(QuietForm)
    if form.attempt(_set_quiet):
        return _saved(N_("The quiet hours are saved."), "quiet")
    return _page(form)


@blueprint.post("/contact-rules/consent")
def save_consent_rules() -> Page:
    """Where consent is asked first and confirmed, from which age, and by which ways people are reached."""
    form = Form.submitted(ConsentRulesForm)
    if form.attempt(_set_consent):
        return _saved(N_("The rules of consent are saved."), "consent")
    form.values |= {name: value for name, value in request.form.items() if name.startswith("age_")}
    return _page(form)


@blueprint.post("/contact-rules/soft-bounces")
def save_soft_bounces() -> Page:
    """When an address that keeps failing is given up."""
    form = Form.submitted(SoftBouncesForm)
    if form.attempt(
        lambda typed: rules_of.set_soft_bounces(
            tenancy.session(), count=typed["soft_bounces"], days=typed["soft_bounce_days"], by=tenancy.actor()
        )
    ):
        return _saved(N_("The rule for mail that keeps failing is saved."), "bounces")
    return _page(form)


def _saved(sentence: str, section: str) -> Response:
    flash(sentence, section)
    return redirect(url_for(".contact_rules", _anchor=section), 303)


def _set_quiet(typed: dict[str, Any]) -> ContactRules:
    days = [int(day) for day in typed["quiet_weekdays"] if day.isascii() and day.isdigit()]
    return rules_of.set_quiet_hours(
        tenancy.session(), begin=typed["quiet_from"], until=typed["quiet_until"], days=days, by=tenancy.actor()
    )


def _set_consent(typed: dict[str, Any]) -> ContactRules:
    ages: dict[str, int] = {}
    for purpose in purposes.CHOSEN:
        text = request.form.get(f"age_{purpose.code}", "").strip()
        if text:
            if not (text.isascii() and text.isdigit() and len(text) <= 2):
                raise Invalid(problems={"ages": [NOT_AN_AGE]})
            ages[purpose.code] = int(text)
    return rules_of.set_consent(tenancy.session(), ages=ages, by=tenancy.actor(), **typed)


def _page(form: Form) -> tuple[str, int]:
    session = tenancy.session()
    rules, zone = rules_of.get(session), branding.get_settings(session).zone
    page = render_template(
        "console/settings/contact_rules.html",
        form=form,
        rules=rules,
        chosen=purposes.CHOSEN,
        kinds=purposes.KINDS,
        channels=purposes.CHANNELS,
        examples=_examples(rules, zone),
        zone=zone,
        budget_days=_budget_example(rules),
        clock_of=lambda minutes: "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}",
        most=rules_of.LARGEST_MOST,
        days=rules_of.LARGEST_DAYS,
    )
    return page, form.status


def _examples(rules: ContactRules, own: str) -> list[Example]:
    """What is asked for at 22:30 and at noon here, for people here and elsewhere."""
    quiet, local = rules_of.quiet_hours(rules), ZoneInfo(own)
    today = clock.now().astimezone(local)
    found = []
    for hour, minute in ((22, 30), (12, 0)):
        asked = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
        for zone in dict.fromkeys((own, *EXAMPLE_ZONES)):
            there = ZoneInfo(zone)
            found.append(Example(zone, asked.astimezone(there), quiet.next_allowed(asked, zone).astimezone(there)))
    return found[:6]


def _budget_example(rules: ContactRules) -> list[tuple[int, bool]]:
    """Somebody is to be written to every third day: on which days the message goes out."""
    taken: list[datetime] = []
    begin, shown = clock.now(), []
    for day in range(0, 31, 3):
        moment = begin + timedelta(days=day)
        fits = not rules_of.exceeds(taken, moment, rules.most, rules.days)
        if fits:
            taken.append(moment)
        shown.append((day + 1, fits))
    return shown
