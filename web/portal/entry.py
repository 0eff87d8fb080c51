"""The way in and out of the customer pages: the gates, the cookie, and where somebody goes when they are in.

The cookie is the portal's own and bound to the host; it holds a random token that only one tenant's table knows.
Each sign-in makes a new token and ends the session whose cookie was there, so that nobody can fix one beforehand.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Response, after_this_request, redirect, request, session

from customers.models import Person, PortalSession
from customers.portal import rules, sessions
from customers.portal.errors import PortalClosed, PortalSignInRequired
from infra.i18n import SHIPPED, negotiate, use
from tenants import branding
from web import agents, tenancy
from web.surfaces import Grant
from web.tenancy import Request, Visit

HOME = "/portal"
LANGUAGE = "portal_language"
"""Where the cookie of a visitor's browser keeps the language that they chose."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})

Afterwards = Callable[[PortalSession, Person, str], object]
AFTERWARDS: list[Afterwards] = []
"""Called when somebody has come in, with the session, who it is and how; in the same transaction."""


def admit_guest(arrived: Visit, incoming: Request, grant: Grant, protect: Callable[[], object]) -> None:
    """Lets anybody to the door, as long as the tenant's customer pages are open. Raises PortalClosed."""
    if not rules.is_open(arrived.session()):
        raise PortalClosed()
    settings = branding.get_settings(arrived.session())
    arrived.stack.enter_context(use(_guests_language(incoming, settings.languages), settings.zone))
    protect()


def admit(arrived: Visit, incoming: Request, grant: Grant, protect: Callable[[], object]) -> None:
    """Lets in who is signed in. Raises PortalClosed, PortalSignInRequired."""
    db = arrived.session()
    if not rules.is_open(db):
        raise PortalClosed()
    token = incoming.cookies.get(name())
    found = sessions.find(db, token, hold=incoming.method not in READING) if token else None
    if found is None:
        raise PortalSignInRequired()
    arrived.guest = found
    arrived.actor = sessions.actor_of(found[1])
    settings = branding.get_settings(db)
    language = found[1].language if found[1].language in SHIPPED else None
    chosen = language or _guests_language(incoming, settings.languages)
    arrived.stack.enter_context(use(chosen, found[1].zone or settings.zone))
    protect()


def let_in(person: Person, how: str, onward: str = "") -> Response:
    """Begins a session in this browser and leads to where they wanted to go: a path below /portal, else Home.

    `how` is `link`, `code` or `openid`. Call it for the canonical person (`people.get`).
    """
    db = tenancy.session()
    before = request.cookies.get(name())
    if before:
        sessions.end(db, before)
    living, token = sessions.start(db, person, how=how, agent=agents.kind_of(request.headers.get("User-Agent", "")))
    for call in AFTERWARDS:
        call(living, person, how)
    session.pop("csrf_token", None)
    answer: Response = redirect(inside(onward) or HOME, 303)  # type: ignore[assignment]
    answer.set_cookie(name(), token, max_age=int(sessions.LONGEST.total_seconds()), **_flags())
    return answer


def let_out() -> None:
    """Ends this browser's session and takes its cookie back."""
    token = request.cookies.get(name())
    if token:
        sessions.end(tenancy.session(), token)

    @after_this_request
    def forget(answer: Response) -> Response:
        answer.delete_cookie(name(), **_flags())
        return answer


def find(*, hold: bool = False) -> tuple[PortalSession, Person] | None:
    """Who is signed in in this browser, on pages that do not ask for it; with `hold` until the transaction ends."""
    arrived = tenancy.visit()
    if arrived.guest is None or hold:
        token = request.cookies.get(name())
        arrived.guest = sessions.find(tenancy.session(), token, hold=hold) if token else None
    return arrived.guest


def me() -> Person:
    """The customer who is signed in. Raises PortalSignInRequired."""
    found = find()
    if found is None:
        raise PortalSignInRequired()
    return found[1]


def my_session() -> PortalSession:
    """The session of this browser. Raises PortalSignInRequired."""
    found = find()
    if found is None:
        raise PortalSignInRequired()
    return found[0]


def inside(wish: str) -> str | None:
    """The path when it is one of the customer pages or a survey of this host; None for whatever leads elsewhere."""
    own = wish.startswith(("/portal/", "/portal?", "/s/")) or wish == HOME
    plain = wish.isprintable() and "\\" not in wish and len(wish) <= 500
    parts = urlsplit(wish) if own and plain else None
    return wish if parts is not None and not parts.scheme and not parts.netloc and ".." not in parts.path else None


def name() -> str:
    """The cookie's name: bound to the host by the browser itself where the address is https."""
    return "__Host-rapport-portal" if tenancy.services().settings.secure else "rapport-portal"


def _flags() -> dict[str, Any]:
    return {"secure": tenancy.services().settings.secure, "httponly": True, "samesite": "Lax", "path": "/"}


def _guests_language(incoming: Request, offered: list[str]) -> str:
    chosen = session.get(LANGUAGE)
    return chosen if chosen in SHIPPED else negotiate(incoming.accept_languages.values())
