"""How the pages are drawn: in the tenant's brand and the person's language, and never kept by anybody."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from customers.consent import Proof
from customers.consent_people import Known
from customers.links import LinkExpired, LinkSpent, LinkUnknown
from customers.models import Contact, Identity
from customers.unsubscribe import Opened
from infra.crypto.columns import or_none
from infra.errors import RapportError
from infra.i18n import SHIPPED, negotiate, use
from infra.links import BadLink, ExpiredLink
from tenants import branding
from web import tenancy
from web.public.surveys.pages import Brand, assets
from web.public.surveys.text import rich

HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex"),
)
"""The address holds a token: it is told to no other page and kept in no cache."""


def language_of(who: Known | None) -> str:
    """By `?lang=`, then the person's own, then what the browser prefers."""
    asked = request.args.get("lang", "")
    if asked in SHIPPED:
        return asked
    if who is not None and who.language in SHIPPED:
        return who.language
    return negotiate(request.accept_languages.values())


def render(template: str, who: Known | None, status: int = 200, **context: Any) -> Response:
    """Through the environment itself: Flask's context processors know staff only."""
    here = tenancy.tenancy()
    settings = branding.get_settings(tenancy.session())
    logo = f"/brand/logo?v={settings.version}" if settings.logo_key else ""
    language = language_of(who)
    with use(locale=language, zone=(who.zone if who else None) or settings.zone):
        page = current_app.jinja_env.get_template(f"public/preferences/{template}.html").render(
            brand=Brand(here.name, settings.version, logo),
            lang=language,
            rich=rich,
            assets=assets(),
            report_link=False,
            **context,
        )
    return Response(page, status, HEADERS)


def opened(open_link: Callable[[], Opened]) -> Opened | Response:
    """Whose link it is, or the page that says what to do with one that does not work."""
    try:
        return open_link()
    except (BadLink, ExpiredLink, LinkUnknown, LinkExpired, LinkSpent) as refusal:
        return wrong(refusal)


def wrong(refusal: RapportError) -> Response:
    """A link that was cut off, is over or belongs elsewhere: what happened, and how to get another."""
    status = 410 if isinstance(refusal, ExpiredLink | LinkExpired | LinkSpent) else 404
    return render("wrong", None, status, refusal=refusal, over=status == 410)


def masked(who: Known) -> str:
    """The address so that its owner knows it and nobody learns it from the page."""
    identity = tenancy.session().get(Identity, who.id)
    email = or_none(lambda: identity.email) if identity else None
    if not email:
        return ""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def proof(who: Known, source: str, contact: Contact | None, **more: Any) -> Proof:
    """How we know of what somebody does on these pages."""
    return Proof(
        source,
        locale=language_of(who),
        business=tenancy.tenancy().name,
        network=request.remote_addr,
        evidence=contact.id if contact else None,
        **more,
    )
