"""Who acts in this request: a staff member by cookie (Flask-Login), an API key by header, or nobody.

Flask-Login is not installed as an extension: its hooks would read the cookie of every request, also of the public
pages that must carry no such machinery.
"""

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from infra.i18n import negotiate, use
from tenants import api_keys, branding, sessions
from tenants.errors import KeyRequired, ScopeMissing, SignInRequired
from tenants.models import StaffMember
from tenants.permissions import Actor, of_role
from web.api import allowance
from web.surfaces import Grant
from web.tenancy import Request, Visit, visit

csrf = CSRFProtect()  # type: ignore[no-untyped-call]


class SignedIn(UserMixin):
    """A staff member with the session they came by. Flask-Login keeps the session's token, not the member's id."""

    def __init__(self, member: StaffMember, token: str) -> None:
        self.member = member
        self.token = token

    def get_id(self) -> str:
        """What stands in the cookie: the random token of the staff session."""
        return self.token


def register(app: Flask) -> None:
    """Makes Flask-Login and Flask-WTF known to the application without their hooks on every request."""
    manager = LoginManager()  # type: ignore[no-untyped-call]
    manager.session_protection = None  # type: ignore[assignment]
    manager.user_loader(_load)  # type: ignore[no-untyped-call]
    app.login_manager = manager  # type: ignore[attr-defined]
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = 12 * 3600
    csrf.init_app(app)  # type: ignore[no-untyped-call]
    app.jinja_env.globals.update(me=me, may=may)


def admit(arrived: Visit, incoming: Request, grant: Grant) -> None:
    """Lets the request pass, or raises SignInRequired, KeyRequired, Forbidden or a CSRF error."""
    GATES[grant.surface.who](arrived, incoming, grant)


def sign_in(member: StaffMember, token: str) -> None:
    """Puts a fresh staff session into the cookie; whatever the cookie held before is gone."""
    session.clear()
    login_user(SignedIn(member, token))  # type: ignore[no-untyped-call]


def sign_out() -> str | None:
    """Empties the cookie and returns the token of the session it held, if any."""
    token = session.get("_user_id")
    logout_user()  # type: ignore[no-untyped-call]
    session.clear()
    return token


def me() -> StaffMember | None:
    """The signed-in staff member, also on pages that do not ask for one."""
    user = cast(Any, current_user)
    return user.member if user.is_authenticated else None


def may(permission: str) -> bool:
    """Whether the one who acts holds the permission; templates leave out what they may not do."""
    who = visit().actor
    return who is not None and who.may(permission)


def _load(token: str) -> SignedIn | None:
    if visit().tenancy is None:
        return None
    found = sessions.find(visit().session(), token)
    return SignedIn(found[0], token) if found else None


def _anyone(arrived: Visit, incoming: Request, grant: Grant) -> None:
    """Public pages bring their own signed tokens; nothing is opened for them."""


def _visitor(arrived: Visit, incoming: Request, grant: Grant) -> None:
    arrived.stack.enter_context(use(negotiate(incoming.accept_languages.values())))
    csrf.protect()  # type: ignore[no-untyped-call]


def _staff(arrived: Visit, incoming: Request, grant: Grant) -> None:
    member = me()
    if member is None:
        raise SignInRequired()
    settings = branding.get_settings(arrived.session())
    arrived.stack.enter_context(use(member.locale or settings.default_locale, settings.zone))
    arrived.actor = Actor("staff", member.id, of_role(member.role))
    csrf.protect()  # type: ignore[no-untyped-call]
    arrived.actor.require(grant.permission)


def _key(arrived: Visit, incoming: Request, grant: Grant) -> None:
    scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise KeyRequired()
    arrived.actor = api_keys.authenticate(arrived.session(), token.strip())
    allowance.spend(arrived.actor)
    if not arrived.actor.may(grant.permission):
        raise ScopeMissing(scope=grant.permission)


GATES: dict[str, Callable[[Visit, Request, Grant], Any]] = {
    "anyone": _anyone,
    "visitor": _visitor,
    "staff": _staff,
    "key": _key,
}
