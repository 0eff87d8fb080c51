"""Signing up, opening the workspace from the mailed link, and finding one's workspaces."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra import links
from infra.i18n import current_locale
from infra.limits import Limit
from tenants import sign_up as signing_up
from tenants import slugs
from tenants.abuse import sign_ups
from tenants.models import SignUp
from tenants.provisioning import NoRoom
from web import tenancy
from web.forms import Form
from web.platform.blueprint import blueprint
from web.schemas.staff import EmailForm, SignUpForm, SlugForm
from web.visitors import counted

_COUNTED = counted("forms", Limit(60, 3600), Limit(3000, 3600))
"""Each form costs a slow hash or a mail; neither one network nor all together may send them without end."""

_ASKED = counted("addresses", Limit(600, 3600), Limit(30_000, 3600))
"""Asked while somebody types; beyond this somebody lists whose workspaces there are."""

Page = str | Response | tuple[str, int]


@blueprint.get("/sign-up")
def sign_up() -> Page:
    """The form."""
    return _sign_up_page(Form({"email": request.args.get("email", "")[:254]}))


@blueprint.post("/sign-up")
def request_sign_up() -> Page:
    """Notes the wish and mails the link."""
    form = Form.submitted(SignUpForm)
    keys = tenancy.services().keys
    if (
        form.attempt(_COUNTED)
        and form.attempt(_require_fit)
        and form.attempt(
            lambda typed: signing_up.request(tenancy.session(), keys, locale=current_locale(), **typed)
        )
    ):
        return redirect(url_for(".sign_up_sent"), 303)
    return _sign_up_page(form)


@blueprint.get("/sign-up/sent")
def sign_up_sent() -> str:
    """Look into your mailbox."""
    return render_template("platform/sent.html", kind="sign_up")


@blueprint.get("/sign-up/address")
def check_address() -> str:
    """Whether a workspace address is free, as a sentence beside the field; asked while it is typed."""
    slug = request.args.get("slug", "").strip().lower()[:80]
    _ASKED(slug)
    problem = slugs.problem(tenancy.session(), slug) if slug else None
    return render_template("platform/_address.html", slug=slug, problem=problem)


@blueprint.get("/verify/<token>")
def verify(token: str) -> Page:
    """A button and nothing else: programs that follow the links of mails press none."""
    services = tenancy.services()
    wish = signing_up.check(tenancy.session(), services.settings, token)
    return _verify_page(wish, token, Form())


@blueprint.post("/verify/<token>")
def open_workspace(token: str) -> Page:
    """Opens the workspace and sends its owner there with a code of one use."""
    services = tenancy.services()
    form = Form.submitted(SlugForm)
    wish = signing_up.check(tenancy.session(), services.settings, token)
    tenancy.checkpoint()

    def open_it(typed: dict[str, Any]) -> signing_up.Opened:
        return signing_up.open_workspace(services.db, services.keys, services.settings, token, **typed)

    if wish.completed_at is None and _attempt_for_room(form, open_it):
        opened: signing_up.Opened = form.result
        path = f"/console/enter/{opened.code}"
        return redirect(links.tenant_url(services.settings, opened.tenant.slug, path), 303)
    return _verify_page(wish, token, form)


@blueprint.get("/find-workspace")
def find_workspace() -> str:
    """The form."""
    return render_template("platform/find_workspace.html", form=Form())


@blueprint.post("/find-workspace")
def send_workspaces() -> Page:
    """Mails the workspaces of an address to it; the answer is the same for every address."""
    form = Form.submitted(EmailForm)
    keys = tenancy.services().keys
    if form.attempt(_COUNTED) and form.attempt(
        lambda typed: signing_up.find_workspaces(tenancy.session(), keys, locale=current_locale(), **typed)
    ):
        return redirect(url_for(".workspaces_sent"), 303)
    return render_template("platform/find_workspace.html", form=form), form.status


@blueprint.get("/find-workspace/sent")
def workspaces_sent() -> str:
    """Look into your mailbox."""
    return render_template("platform/sent.html", kind="workspaces")


def _require_fit(typed: dict[str, Any]) -> None:
    """An owner who can be written to, and a name that is the business's own."""
    fields = {name: typed[name] for name in ("business_name", "slug", "email")}
    sign_ups.require_fit(tenancy.services().settings, **fields)


def _attempt_for_room(form: Form, verb: Callable[[dict[str, Any]], signing_up.Opened]) -> bool:
    """As `form.attempt`; where no workspace is ready just now, the page says so and keeps its button."""
    try:
        return form.attempt(verb)
    except NoRoom as full:
        form.refuse(full)
        return False


def _sign_up_page(form: Form) -> Page:
    return render_template("platform/sign_up.html", form=form, base_host=_base_host()), form.status


def _verify_page(wish: SignUp, token: str, form: Form) -> Page:
    settings = tenancy.services().settings
    address = links.tenant_url(settings, wish.slug, "/console/sign-in")
    page = render_template(
        "platform/verify.html", wish=wish, token=token, form=form, address=address, base_host=_base_host()
    )
    return page, form.status


def _base_host() -> str:
    return tenancy.application().directory.base_host
