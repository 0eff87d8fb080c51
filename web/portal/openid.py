"""`/portal/sign-in/<provider>`: to a provider and back.

The browser is sent on by a page of its own: a form that is answered with a redirect to another site is stopped by
the page's policy (`form-action 'self'`), and where providers lead on to is theirs to know (decision 083).
"""

import logging
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as Answer

from customers.models import OpenIdProvider, Person
from customers.portal import openid_documents, openid_exchange, openid_flows, openid_identities, rules
from customers.portal import openid_providers as providers
from customers.portal.children import may_come_in
from customers.portal.errors import PortalClosed
from customers.portal.openid_calls import Calls
from customers.portal.openid_errors import (
    AccountTaken,
    Cancelled,
    FlowOver,
    OpenIdTrouble,
    ProviderAway,
    ProviderNotFound,
    ProviderOdd,
    ProviderOff,
)
from customers.portal.openid_exchange import Account, Client
from customers.portal.openid_flows import Flow
from infra.errors import RapportError, TooMany
from infra.http import client_for
from infra.i18n import N_, current_locale, gettext
from infra.ids import new_token
from infra.limits import Count, Limit
from infra.links import tenant_url
from tenants.domains import claims
from web import tenancy
from web.forms import Form
from web.portal import entry, openid_pending
from web.visitors import refuse_after

blueprint = Blueprint("openid", __name__)

BROWSER = "portal_browser"
"""Where the browser's signed cookie keeps the secret that its ways to providers are bound to."""
EACH, EVERYBODY, PRESSED = Limit(60, 3600), Limit(3000, 3600), Limit(10, 3600)
"""Ways begun in an hour: from one network; from all, until each network has fewer; and that many."""
HOW = "openid"
CONNECTED = N_("From now on you can sign in with %(name)s too.")

STATUSES: dict[type[RapportError], int] = {
    Cancelled: 200,
    FlowOver: 410,
    ProviderOff: 410,
    ProviderAway: 503,
}
NO = ("access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required", "login_required")
LATER = ("temporarily_unavailable", "server_error")

log = logging.getLogger(__name__)


@blueprint.post("/<uuid:provider_id>")
def start(provider_id: UUID) -> Answer:
    """On the way to a provider."""
    return begin(provider_id, onward=entry.inside(request.form.get("next", "")) or "")


@blueprint.get("/<uuid:provider_id>/callback")
def callback(provider_id: UUID) -> Answer:
    """Back from a provider, with a code or without. Whatever comes is answered with a page."""
    client: Client | None = None
    name = providers.get(tenancy.session(), provider_id).name  # an address that was never ours is none
    try:
        if request.args.get("error") in NO and "state" not in request.args:
            raise Cancelled()  # some forget the state with a no; nothing is done, so nothing is lost
        flow, client = _arrived(provider_id)
        account = _asked(client, flow)
        return _recognised(flow, account)
    except OpenIdTrouble as trouble:
        return _trouble(trouble, client, name)


@blueprint.get("/account")
def unknown() -> Response:
    """An account that signs nobody in yet; the same for every account, known address or not."""
    pending = openid_pending.look()
    name = _name_of(pending.provider_id) if pending else ""
    page = render_template("portal/openid_unknown.html", form=Form(), name=name, email=pending and pending.email)
    return untold(page)


def begin(provider_id: UUID, *, onward: str = "", person: Person | None = None) -> Answer:
    """Sends the browser to the provider, to sign in or, for a `person` who is, to connect another account.

    Raises ProviderNotFound.
    """
    client: Client | None = None
    form, db = Form(), tenancy.session()
    provider = providers.get(db, provider_id)
    try:
        client = _client(_open_provider(provider_id))
        if not form.attempt(_counted):
            return _often(form)
        browser = session.get(BROWSER) or new_token()
        session[BROWSER] = browser
        whose = person.id if person else None
        flow = openid_flows.begin(db, provider, browser, onward=onward, person_id=whose)
        back = redirect_uri(provider_id)
        tenancy.checkpoint()
        found = openid_documents.document(_calls(), client.kind, client.issuer)
        url = openid_exchange.authorization_url(found, client, flow, back, current_locale())
    except OpenIdTrouble as trouble:
        return _trouble(trouble, client, provider.name)
    return untold(render_template("portal/openid_onward.html", url=url, name=client.name))


def redirect_uri(provider_id: UUID) -> str:
    """Where the provider sends browsers back to: an address of its own for each, at the workspace's main host."""
    path = f"/portal/sign-in/{provider_id}/callback"
    return tenant_url(tenancy.services().settings, claims.home(tenancy.session()), path)


def untold(page: str, status: int = 200) -> Response:
    """What stands in the address is told to no other page."""
    answer = make_response(page, status)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _arrived(provider_id: UUID) -> tuple[Flow, Client]:
    """The way that ends here, spent for good before anything is asked. Raises FlowOver, ProviderOff."""
    db = tenancy.session()
    flow = openid_flows.end(db, provider_id, request.args.get("state", ""), str(session.get(BROWSER, "")))
    tenancy.checkpoint()
    return flow, _client(_open_provider(provider_id))


def _asked(client: Client, flow: Flow) -> Account:
    """Who it is at the provider; no connection is held meanwhile. Raises OpenIdTrouble."""
    back = redirect_uri(client.id)
    tenancy.checkpoint()
    calls, error = _calls(), request.args.get("error")
    found = openid_documents.document(calls, client.kind, client.issuer)
    openid_exchange.check_sender(found, client, request.args.get("iss"))
    if error is not None:
        raise Cancelled() if error in NO else ProviderAway(error) if error in LATER else ProviderOdd("error")
    return openid_exchange.account(calls, client, flow, request.args.get("code", ""), back)


def _recognised(flow: Flow, account: Account) -> Answer:
    """In, when we know whose account it is. Provider and pages are asked once more: time has passed."""
    db = tenancy.session()
    if not rules.is_open(db):
        raise PortalClosed()
    provider = _open_provider(flow.provider_id, hold=True)
    if flow.person_id is not None:
        return _connected(flow, account, provider)
    person = _whose(account)
    if person is not None and may_come_in(db, person):
        openid_pending.forget()
        return entry.let_in(person, HOW, flow.onward)
    if person is None:
        openid_pending.keep(account)
    return redirect(url_for("portal.openid.unknown"), 303)


def _whose(account: Account) -> Person | None:
    """Whose account it is, if anybody's."""
    try:
        return openid_identities.sign_in(tenancy.session(), account)
    except AccountTaken:
        return None  # somebody else was faster with it


def _connected(flow: Flow, account: Account, provider: OpenIdProvider) -> Answer:
    """Another account for who set out signed in, and still is."""
    here = entry.find(hold=True)
    if here is None or here[1].id != flow.person_id:
        raise FlowOver()
    form = Form()
    if form.attempt(lambda _: openid_identities.link(tenancy.session(), here[1], account)):
        flash(gettext(CONNECTED, name=provider.name))
    else:
        flash(gettext(AccountTaken.message))
    return redirect(url_for("portal.places"), 303)


def _open_provider(provider_id: UUID, *, hold: bool = False) -> OpenIdProvider:
    """The provider while it is on; with `hold` it stays so until the transaction ends. Raises ProviderOff."""
    try:
        found = providers.get(tenancy.session(), provider_id, hold=hold)
    except ProviderNotFound:
        raise ProviderOff() from None
    if found.turned_on_at is None:
        raise ProviderOff()
    return found


def _client(provider: OpenIdProvider) -> Client:
    return Client.of(provider)


def _calls() -> Calls:
    return Calls(client_for(tenancy.services().settings))


def _name_of(provider_id: UUID) -> str:
    try:
        return providers.get(tenancy.session(), provider_id).name
    except ProviderNotFound:
        return ""


def _counted(typed: object) -> None:
    """Counts one way. Raises TooMany with the minutes."""
    limiter, here = tenancy.limiter(), f"{tenancy.tenant().id.hex}:portal_openid"
    there = limiter.veiled(request.remote_addr or "")
    wait = limiter.take(Count(f"{here}:{there}", EACH))
    if not wait and limiter.take(Count(f"{here}:all", EVERYBODY)):
        wait = limiter.take(Count(f"{here}:pressed:{there}", PRESSED))
    refuse_after(wait)


def _often(form: Form) -> Response:
    """The sign-in page with when to come back."""
    waits = [problem.retry_after for problem in form.problems.get("", []) if isinstance(problem, TooMany)]
    answer = untold(render_template("portal/sign_in.html", form=form, onward=""), form.status)
    answer.headers["Retry-After"] = str(max(waits, default=60))
    return answer


def _trouble(trouble: OpenIdTrouble, client: Client | None, name: str = "") -> Response:
    """What happened, in words, and the way back. Staff see secrets that were refused where they set them."""
    noted = {"reason": trouble.reason, "detail": trouble.detail, "provider": str(client.id) if client else None}
    log.warning("a sign-in with a provider came to nothing", extra=noted)
    if client is not None and trouble.detail == "credentials_refused":
        db = tenancy.session()
        providers.note_check(db, providers.get(db, client.id), ["credentials_refused"])
        tenancy.checkpoint()
    trouble.fields = {"name": client.name if client else name}
    status = STATUSES.get(type(trouble), 400)
    inside = entry.find() is not None
    return untold(render_template("portal/openid_trouble.html", trouble=trouble, inside=inside), status)
