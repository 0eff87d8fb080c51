"""`/u/link`: a new link to the preferences, mailed to whoever has the address. What it answers tells nothing."""

from datetime import timedelta

from flask import Response, request

from customers import preferences_jobs
from infra import links
from infra.limits import Limit
from web import tenancy
from web.forms import Form
from web.public.preferences import pages
from web.public.preferences.blueprint import blueprint
from web.schemas.preferences import LinkForm
from web.visitors import counted

FORM = "customers.preferences_form"
OPEN_FOR = timedelta(hours=12)
EACH, EVERYBODY = Limit(5, 3600), Limit(1000, 3600)
"""Asked for in an hour: from one network, and from all."""


@blueprint.get("/link")
def ask_for_link() -> Response:
    """The form."""
    return _page(Form(), sent=False)


@blueprint.post("/link")
def send_link() -> Response:
    """Says the same for every address."""
    form = Form.submitted(LinkForm)
    tenant = tenancy.tenant()
    links.verify(tenancy.services().settings, FORM, tenant.id, request.form.get("_token", ""))
    if form.attempt(counted("preferences_link", EACH, EVERYBODY)):
        preferences_jobs.ask_for_link(tenancy.session(), form.typed["email"])
    return _page(form, sent=not form.problems)


def _page(form: Form, *, sent: bool) -> Response:
    """The form carries a signed token, so that only our own page sends it."""
    token = links.sign(tenancy.services().settings, FORM, tenancy.tenant().id, {}, expires_in=OPEN_FOR)
    return pages.render("link", None, form.status, form=form, sent=sent, token=token)
