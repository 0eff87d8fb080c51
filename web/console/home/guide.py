"""The help page: where things are, what the keys do, and the first steps again."""

from flask import render_template

from web.console.home.blueprint import blueprint


@blueprint.get("/help")
def guide() -> str:
    """One page without a question to the database."""
    return render_template("console/home/guide.html")
