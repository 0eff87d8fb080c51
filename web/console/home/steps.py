"""The first steps of a new workspace: real progress, put away by each person and brought back from help."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_, gettext
from infra.text import Theme
from surveys.models import Survey
from tenants import branding, marks
from web import tenancy
from web.auth import may
from web.console.home.blueprint import blueprint


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps, and whether it is done. `href` is empty for who may not do it."""

    text: str
    why: str
    verb: str
    href: str
    done: bool


def first_steps(newest: Sequence[Survey], *, answered: bool) -> list[Step]:
    """The way from an empty workspace to the first answer; none when all are done or the person put them away.

    `newest` are surveys that are not archived.
    """
    brand = branding.get_settings(tenancy.session())
    branded = brand.logo_key is not None or brand.accent != Theme.accent
    made, live = bool(newest) or answered, answered or any(survey.live_version_id for survey in newest)
    if (branded and made and live and answered) or _put_away():
        return []
    survey = next((each for each in newest if each.live_version_id), newest[0] if newest else None)
    share = ("console.surveys.share" if live else "console.surveys.publication") if survey else ""
    publish = _href(share, "surveys.read" if live else "surveys.publish", survey) if survey else ""
    wait = _href("console.surveys.share", "surveys.read", survey) if survey and live else ""
    return [
        Step(
            gettext("Show your logo and colour"),
            gettext("Customers trust a survey that looks like you. It takes a minute."),
            gettext("Set your brand"),
            _href("console.settings.brand", "brand.edit"),
            branded,
        ),
        Step(
            gettext("Make a survey from a template"),
            gettext("Every template is ready to use; change what you like."),
            gettext("Choose a template"),
            _href("console.surveys.gallery", "surveys.edit"),
            made,
        ),
        Step(
            gettext("Publish it and share its link"),
            gettext("As a link, in a mail, or as a QR code at the till."),
            gettext("Publish and share"),
            publish,
            live,
        ),
        Step(
            gettext("Get the first answer"),
            gettext("The score shows here with the first answer, and says how sure it is."),
            gettext("Share the link"),
            wait,
            answered,
        ),
    ]


@blueprint.post("/first-steps/putting-away")
def put_steps_away() -> Response:
    """From now on Home shows this person no first steps."""
    who = tenancy.actor()
    if who.kind == "staff" and who.id is not None:
        marks.put(tenancy.session(), marks.STEPS_PUT_AWAY, [who.id], by=who.id)
        flash(N_("The first steps are put away. You can bring them back from the help page."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/first-steps")
def bring_steps_back() -> Response:
    """Home shows this person the first steps again, as long as there are some to take."""
    who = tenancy.actor()
    if who.kind == "staff" and who.id is not None:
        marks.remove(tenancy.session(), marks.STEPS_PUT_AWAY, who.id)
        flash(N_("The first steps stand on Home again, as long as one of them is not done."))
    return redirect(url_for(".index"), 303)


def _put_away() -> bool:
    who = tenancy.actor()
    return who.id is not None and marks.is_on(tenancy.session(), marks.STEPS_PUT_AWAY, who.id)


def _href(endpoint: str, permission: str, survey: Survey | None = None) -> str:
    if not may(permission):
        return ""
    return url_for(endpoint, survey_id=survey.id) if survey is not None else url_for(endpoint)
