"""Views: the list as it stands is kept under a name, and given up again."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from customers import views as saved
from customers.models import SavedView
from infra.i18n import N_
from web import tenancy
from web.console.customers import asked as asking
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import ViewForm

NOT_SAVED = N_("The view was not saved. Give it a name of at most 60 characters; there can be 50 views.")

SAVED_IN_PART = N_("The view is saved without the values that tell about a customer. It stands above the list.")


@blueprint.post("/views")
def save_view() -> Response:
    """Keeps what stands in the form's hidden fields, as the list shows it."""
    form, asked = Form.submitted(ViewForm), asking.read(request.form)
    if form.attempt(lambda typed: _saved(typed["view_name"], typed["shared"] == "yes", asked.address("q"))):
        whole = asked.address("q").keys() <= form.result.query.keys()
        flash(N_("The view is saved. It stands above the list.") if whole else SAVED_IN_PART)
        return redirect(url_for(".index", view=form.result.id, **asked.address("q")), 303)
    flash(NOT_SAVED, "bad")
    return redirect(url_for(".index", **asked.address("q")), 303)


@blueprint.post("/views/<uuid:view_id>/deletion")
def delete_view(view_id: UUID) -> Response:
    """One's own; a shared one needs the right to change customers."""
    session, by = tenancy.session(), tenancy.actor()
    view = saved.get(session, view_id, by=by)
    if view.owner_id != by.id:
        by.require("customers.edit")
    saved.delete(session, view, by=by)
    flash(N_("The view is deleted. The customers it showed are as they were."))
    return redirect(url_for(".index"), 303)


def _saved(name: str, shared: bool, query: dict[str, str]) -> SavedView:
    by = tenancy.actor()
    if shared:
        by.require("customers.edit")
    return saved.save(tenancy.session(), by=by, name=name, query=query, shared=shared)
