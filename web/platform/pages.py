"""What a visitor sees first."""

from flask import render_template

from web.platform.blueprint import blueprint

PICTURED: tuple[str, ...] = ("en", "de")
"""Languages in which the pictures of the product were taken: those that the demo is written in."""


@blueprint.get("/")
def landing() -> str:
    """What Rapport does for a business, with pictures of it."""
    return render_template("platform/landing.html", pictured=pictured)


@blueprint.get("/pricing")
def pricing() -> str:
    """What it costs."""
    return render_template("platform/pricing.html")


def pictured(locale: str) -> str:
    """The language of the pictures for a reader of `locale`."""
    return locale if locale in PICTURED else PICTURED[0]
