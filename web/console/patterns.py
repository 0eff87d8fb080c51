"""The living style guide at `/console/_patterns`: every page pattern in each of its states, in development only.

The pages are written with the same macros as the product's own (`web/templates/patterns/`); what they show is made
up, and in English, because nobody but us reads it. Elsewhere than in development these addresses answer 404.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.errors import NotFound, RapportError
from infra.i18n import current_locale
from tenants import branding
from web import tenancy
from web.forms import Form
from web.public.surveys.pages import assets
from web.public.surveys.visits import brand_of
from web.undo import offer

blueprint = Blueprint("patterns", __name__)

PATTERNS: dict[str, str] = {
    "tokens": "Tokens: type, spacing, colours",
    "controls": "Buttons and fields",
    "list": "List",
    "detail": "Detail",
    "editor": "Editor",
    "wizard": "Wizard",
    "report": "Report",
    "settings": "Settings",
    "job": "Job page",
    "confirm": "Confirmation and undo",
    "checklist": "First steps",
    "states": "States",
}
"""Name of the template in `console/_patterns/`, and what the page is called."""

PUBLIC = "public"
"""The public form has the tenant's brand and no console around it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One period of the trend that is shown."""

    label: str
    value: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps that are shown."""

    text: str
    why: str
    done: bool
    href: str
    verb: str = ""


@blueprint.before_request
def in_development_only() -> None:
    """Raises NotFound in production, before anything is shown."""
    if not tenancy.services().settings.development:
        raise NotFound()


@blueprint.get("/_patterns")
def index() -> str:
    """All of them."""
    return render_template("console/_patterns/index.html", patterns=PATTERNS)


@blueprint.get("/_patterns/<name>")
def show(name: str) -> str:
    """One pattern with each of its states. Raises NotFound."""
    if name == PUBLIC:
        return _public()
    if name not in PATTERNS:
        raise NotFound()
    return render_template(f"console/_patterns/{name}.html", name=name, patterns=PATTERNS, **_made_up())


@blueprint.post("/_patterns/<name>")
def try_out(name: str) -> Response:
    """Every form of the guide ends here, says so, and changes nothing."""
    if name not in PATTERNS:
        raise NotFound()
    if name == "confirm":
        offer("This is what a deed with a way back says.", url_for(".try_out", name="states"))
    else:
        flash("This is what a form says when it has done what its button promised.")
    return redirect(url_for(".show", name=name), 303)


def _public() -> str:
    settings = branding.get_settings(tenancy.session())
    return render_template(
        "console/_patterns/public.html",
        brand=brand_of(tenancy.tenancy().name, settings.version, settings.logo_key is not None),
        lang=current_locale(),
        assets=assets(),
    )


def _made_up() -> dict[str, Any]:
    today = datetime.now(UTC)
    values = (31.0, 35.0, 34.0, None, 22.0, 18.0, 29.0, 38.0, 42.0)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
    return {
        "today": today,
        "history": [
            (today - timedelta(minutes=3), "Clara Brandt published version 4"),
            (today - timedelta(days=2), "Clara Brandt changed the second question"),
            (today - timedelta(days=30), "Jonas Weber made it from the template “After a visit”"),
        ],
        "trend_points": [
            Spot(month, value, (value or 0) - 9, (value or 0) + 8, 0 if value is None else 180 + 10 * n)
            for n, (month, value) in enumerate(zip(months, values, strict=True))
        ],
        "steps": [
            Step("Show your logo and colour", "Customers trust a survey that looks like you.", True, "#"),
            Step("Make a survey from a template", "Every one is ready to use.", False, "#", "Choose a template"),
            Step("Bring in your first customers", "From a file, or one by one.", False, "#"),
            Step("Share it", "As a link, in a mail, or as a QR code.", False, ""),
        ],
        "refused": _refused(),
    }


def _refused() -> Form:
    form = Form({"confirm": "Would you recommend", "email": "clara@"})
    form.problems = {
        "confirm": [RapportError("This is not the name that stands above.")],
        "email": ["Write an address such as name@example.org."],
    }
    return form
