"""Cells: how full they are, whether they answer, and whether they take new workspaces."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from tenants.operators import cells
from web import tenancy
from web.forms import Form
from web.health import readiness
from web.platform.operator.parts import Parts
from web.schemas.operators import CellForm

blueprint = Blueprint("cells", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> Page:
    """Every cell with its own small form."""
    return _page("", Form())


@blueprint.post("/<name>")
def change(name: str) -> Page:
    """Sets how many workspaces a cell may hold, and whether it takes new ones."""
    form = Form.submitted(CellForm)
    by = tenancy.actor()

    def save(typed: dict[str, object]) -> object:
        capacity = int(str(typed["capacity"]))
        return cells.change(tenancy.session(), name, is_open=typed["open"] == "yes", capacity=capacity, by=by)

    if form.attempt(save):
        flash(N_("The cell is changed."))
        return redirect(url_for(".index"), 303)
    return _page(name, form)


def _page(name: str, form: Form) -> tuple[str, int]:
    found = Parts().ask(cells.list_cells)
    states = readiness().states()
    page = render_template("platform/operator/cells.html", cells=found, states=states, form=form, changed=name)
    return page, form.status
