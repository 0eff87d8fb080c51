"""`/portal/accounts`: accounts at providers that sign somebody in, connecting another, and removing one.

They are listed where people see their sign-ins (`portal/places.html`); these are the deeds.
"""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash, redirect, url_for
from werkzeug.wrappers import Response

from customers.portal import openid_identities
from customers.portal import openid_providers as providers
from infra.crypto.columns import or_none
from infra.i18n import N_
from web import tenancy
from web.portal import again, entry, openid, openid_pending

blueprint = Blueprint("accounts", __name__)


@blueprint.post("/with/<uuid:provider_id>")
def connect(provider_id: UUID) -> Response:
    """On the way to a provider, to come back with an account; first the mailbox is proved once more."""
    elsewhere = again.first(url_for("portal.places"))
    return elsewhere if elsewhere is not None else openid.begin(provider_id, person=entry.me())


@blueprint.post("/<uuid:identity_id>/removal")
def disconnect(identity_id: UUID) -> Response:
    """The account signs nobody in any more; sessions that it began go on until they are ended."""
    openid_identities.remove(tenancy.session(), entry.me().id, identity_id)
    flash(N_("That account signs you in no longer."))
    return redirect(url_for("portal.places"), 303)


def register(app: Flask) -> None:
    """Makes the lists known to the templates, and links what a browser brought once somebody is in."""
    app.jinja_env.globals.update(portal_providers=offered, portal_accounts=accounts)
    if openid_pending.link_now not in entry.AFTERWARDS:
        entry.AFTERWARDS.append(openid_pending.link_now)


def offered() -> list[dict[str, Any]]:
    """The providers that can be chosen now."""
    return [{"id": each.id, "name": each.name} for each in providers.list_open(tenancy.session())]


def accounts() -> list[dict[str, Any]]:
    """The accounts of who is signed in, by their providers' names."""
    found = openid_identities.list_of(tenancy.session(), entry.me().id)
    return [
        {
            "id": row.id,
            "name": provider.name,
            "email": or_none(partial(getattr, row, "email")),
            "linked_at": row.linked_at,
            "used_at": row.used_at,
            "is_on": provider.turned_on_at is not None,
        }
        for row, provider in found
    ]
