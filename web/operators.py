"""Operators at the platform's host: their own cookie, and the gate of the pages behind it."""

from typing import cast

from flask import g, request
from werkzeug.wrappers import Response

from infra.i18n import negotiate, use
from infra.settings import Settings
from tenants.operators import sessions
from tenants.operators.errors import OperatorSignInRequired
from tenants.operators.models import Operator
from web import tenancy
from web.tenancy import Request, Visit


def cookie_name(settings: Settings) -> str:
    """With https a browser itself binds the cookie to this host and to secure connections."""
    return "__Host-rapport-operator" if settings.secure else "rapport-operator"


def my_token() -> str:
    """The token of the session (or of half of one) that this browser brings; "" when it brings none."""
    return request.cookies.get(cookie_name(tenancy.services().settings), "")


def remember(response: Response, token: str) -> Response:
    """Gives the browser the token. It is worth nothing after twelve hours, or one without use."""
    settings = tenancy.services().settings
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(sessions.STAYS.total_seconds()),
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def forget(response: Response) -> Response:
    """Takes the cookie back."""
    settings = tenancy.services().settings
    response.delete_cookie(cookie_name(settings), secure=settings.secure, httponly=True, samesite="Lax", path="/")
    return response


def admit(arrived: Visit, incoming: Request) -> None:
    """Makes the operator the one who acts. Raises OperatorSignInRequired."""
    arrived.stack.enter_context(use(negotiate(incoming.accept_languages.values())))
    token = my_token()
    found = sessions.find(arrived.session(), token) if token else None
    if found is None:
        raise OperatorSignInRequired()
    g.operator = found[0]
    arrived.actor = sessions.actor(found[0])


def me() -> Operator:
    """The operator whose request this is; only behind the gate."""
    return cast(Operator, g.operator)
