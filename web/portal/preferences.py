"""`/portal/preferences`: to the preference centre, which needs no second proof of who is signed in."""

from flask import redirect
from werkzeug.wrappers import Response

from customers import unsubscribe
from web import tenancy
from web.portal import entry
from web.portal.blueprint import blueprint


@blueprint.get("/preferences")
def preferences() -> Response:
    """By a signed link, as in the foot of a mail."""
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    return redirect(unsubscribe.path_to_preferences(settings, tenant.id, entry.me().id, from_portal=True), 303)
