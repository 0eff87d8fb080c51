"""What a visitor sees first."""

from flask import render_template

from web.platform.blueprint import blueprint


@blueprint.get("/")
def landing() -> str:
    """What Rapport does for a business."""
    return render_template("platform/landing.html")


@blueprint.get("/pricing")
def pricing() -> str:
    """What it costs."""
    return render_template("platform/pricing.html")
