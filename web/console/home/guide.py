"""The help page: where things are, what the keys do, and the first steps again."""

from flask import render_template, url_for

from web.console.customers import frame
from web.console.home.blueprint import blueprint


@blueprint.get("/help")
def guide() -> str:
    """One page without a question to the database."""
    listed = url_for("console.customers.index")
    inside = [tab for tab in frame.sections("") if tab[1] != listed]
    return render_template("console/home/guide.html", customer_sections=inside)
