"""`/u/link`: a new link to the preferences, mailed to whoever has the address. What it answers tells nothing."""

from flask import Response

from customers import preferences_jobs
from infra.limits import Limit
from web import tenancy
from web.forms import Form
from web.public.preferences import pages
from web.public.preferences.blueprint import blueprint
from web.schemas.preferences import LinkForm
from web.visitors import counted

EACH, EVERYBODY = Limit(5, 3600), Limit(1000, 3600)
"""Asked for in an hour: from one network, and from all."""


@blueprint.get("/link")
def ask_for_link() -> Response:
    """The form."""
    return pages.render("link", None, form=Form(), sent=False)


@blueprint.post("/link")
def send_link() -> Response:
    """Says the same for every address."""
    form = Form.submitted(LinkForm)
    if form.attempt(counted("preferences_link", EACH, EVERYBODY)):
        preferences_jobs.ask_for_link(tenancy.session(), form.typed["email"])
    sent = not form.problems
    return pages.render("link", None, form.status, form=form, sent=sent)
