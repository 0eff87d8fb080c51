"""From an exception to an answer: the only place that knows status codes and chooses HTML or RFC 9457 JSON."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask, Response, current_app, json, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from customers.portal.errors import PortalSignInRequired
from infra.errors import Conflict, Forbidden, Invalid, NotFound, RapportError, TooMany, Unavailable
from infra.i18n import N_, gettext, negotiate, use
from infra.ids import new_id
from tenants.errors import KeyRequired, SecondFactorMissing, SignInRequired
from tenants.operators.errors import OperatorSignInRequired
from tenants.support_access import SupportEnded
from web import drafts

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[RapportError], int], ...] = (
    (SignInRequired, 401),
    (KeyRequired, 401),
    (NotFound, 404),
    (Invalid, 422),
    (Conflict, 409),
    (Forbidden, 403),
    (TooMany, 429),
    (Unavailable, 503),
    (RapportError, 400),
)

HTTP: dict[int, tuple[str, str]] = {
    400: ("bad_request", N_("The request could not be read. Check it and send it again.")),
    404: (NotFound.code, N_("There is nothing at this address.")),
    405: ("method_not_allowed", N_("This address does not accept that method.")),
    406: ("not_acceptable", N_("This address cannot answer in the form that was asked for.")),
    408: ("timeout", N_("The request took too long to arrive. Please send it again.")),
    411: ("length_required", N_("The request must say how long it is.")),
    412: ("precondition_failed", N_("This was changed in the meantime. Load it again and repeat the change.")),
    413: ("too_large", N_("What was sent is too large.")),
    414: ("address_too_long", N_("The address is too long.")),
    415: ("unsupported_media_type", N_("This address does not accept that kind of content.")),
    422: (Invalid.code, N_("Some of what was sent cannot be accepted.")),
    428: ("precondition_required", N_("Send If-Match with the version you have.")),
    429: (TooMany.code, N_("Too many requests. Please wait a moment and try again.")),
    431: ("headers_too_large", N_("The headers of the request are too large.")),
}

CONSTRAINTS: dict[str, tuple[str, str]] = {
    "uq_tenants_slug": ("slug_taken", N_("This workspace address is taken. Please choose another.")),
    "uq_staff_members_email_index": (
        "email_taken",
        N_("Somebody with this e-mail address is on the team already."),
    ),
}
"""Constraint name to code and sentence; a constraint without a line reads as a conflict."""

AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, psycopg.OperationalError)


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answer says, before it is known in which form."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    reference: UUID | None = None
    """Stands in the log beside the details of a 500."""


def register(app: Flask) -> None:
    """Every exception of a request passes here."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Any:
    """The answer to an exception. A redirect that routing raises stays one."""
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
        return error
    if isinstance(error, SignInRequired) and not wants_json():
        return drafts.kept(401, signed_out=True) or _to_sign_in(error)
    if isinstance(error, CSRFError) and (page := drafts.kept(400, signed_out=False)):
        return page
    if isinstance(error, SecondFactorMissing) and not wants_json():
        return _to(url_for("console.second_factor.show"))
    with use(negotiate(request.accept_languages.values())):
        problem = describe(error)
        return respond(problem)


def describe(error: Exception) -> Problem:
    """The problem an exception stands for; what nobody foresaw is logged and says nothing about itself."""
    if isinstance(error, RapportError):
        return _of_domain(error)
    if isinstance(error, CSRFError):
        return Problem(400, "form_expired", gettext(FORM_EXPIRED))
    if isinstance(error, ValidationError):
        return Problem(422, Invalid.code, gettext(HTTP[422][1]), flatten(error.messages))
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        return _of_http(error)
    if isinstance(error, exc.IntegrityError):
        return _of_constraint(error)
    if isinstance(error, exc.OperationalError) and isinstance(error.orig, psycopg.errors.DeadlockDetected):
        log.warning("two changes waited for each other", exc_info=error)
        return Problem(409, Conflict.code, gettext(Conflict.message))
    if isinstance(error, AWAY) or (isinstance(error, exc.DBAPIError) and error.connection_invalidated):
        log.warning("the database did not answer", exc_info=error)
        return Problem(503, Unavailable.code, gettext(Unavailable.message), headers={"Retry-After": "5"})
    if isinstance(error, exc.DataError | psycopg.DataError | UnicodeEncodeError | RecursionError):
        log.warning("a value that cannot be held", exc_info=error)
        return Problem(422, Invalid.code, gettext(HTTP[422][1]))
    reference = new_id()
    log.error("unforeseen error", exc_info=error, extra={"reference": str(reference)})
    return Problem(500, "internal_error", gettext(UNFORESEEN), reference=reference)


FORM_EXPIRED = N_(
    "This form was open for too long or belongs to another session. Load the page again and repeat it."
)
UNFORESEEN = N_("Something went wrong on our side. Nothing was changed; please try again.")


def respond(problem: Problem) -> Response:
    """The problem as problem+json for programs, as a page for people."""
    if wants_json():
        response = Response(json.dumps(body(problem)), problem.status, mimetype="application/problem+json")
    else:
        page = render_template(
            "errors/problem.html", problem=problem, title=title(problem.status), back=_page_of_form(problem)
        )
        response = Response(page, problem.status, mimetype="text/html")
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_of_form(problem: Problem) -> str | None:
    """The page nearest to an address that takes forms only, which somebody opened: by loading it again, say."""
    if problem.status != 405 or request.method != "GET":
        return None
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None, "there is a request"
    path = request.path.rstrip("/")
    while path := path.rpartition("/")[0]:
        try:
            adapter.match(path, method="GET")
        except RequestRedirect:
            return path
        except HTTPException:
            continue
        return path
    return None


def body(problem: Problem) -> dict[str, Any]:
    """The members of RFC 9457, with our `code` and, where fields are at fault, `errors`."""
    members: dict[str, Any] = {
        "type": f"urn:rapport:problem:{problem.code}",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        members["errors"] = problem.errors
    if problem.reference:
        members["reference"] = str(problem.reference)
    return members


def title(status: int) -> str:
    """A few words for a status code."""
    return gettext(TITLES.get(status, TITLES[500 if status >= 500 else 400]))


TITLES: dict[int, str] = {
    400: N_("This could not be read"),
    401: N_("Please sign in"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("Not possible here"),
    409: N_("Not possible now"),
    413: N_("Too large"),
    415: N_("Not accepted"),
    422: N_("Please check this"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    503: N_("Not available at the moment"),
}


def wants_json() -> bool:
    """The API always; elsewhere whoever prefers JSON to HTML."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages of marshmallow as dotted path to sentences."""
    if isinstance(messages, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in messages.items():
            name = str(key)
            inner = path if name == "_schema" else f"{path}.{name}" if path else name
            found.update(flatten(value, inner))
        return found
    sentences = messages if isinstance(messages, list) else [messages]
    return {path: [str(sentence) for sentence in sentences]}


def status_of(error: RapportError) -> int:
    """The status code of a domain error."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def _of_domain(error: RapportError) -> Problem:
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, KeyRequired):
        known = type(error) is not KeyRequired  # RFC 6750, 3.1
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if known else "Bearer"
    if status == 503:
        headers["Retry-After"] = "30"
    problems = error.problems if isinstance(error, Invalid) else {}
    return Problem(status, error.code, gettext(error.message, **error.fields), problems, headers)


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 400
    code, sentence = HTTP.get(status, HTTP[400])
    data = getattr(error, "data", None) or {}
    messages = data.get("errors") or data.get("messages") or {}
    headers = dict(data.get("headers") or {})
    headers.update({k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After"}})
    errors = flatten(_without_location(messages)) if messages else {}
    return Problem(status, code, gettext(sentence), errors, headers)


def _without_location(messages: Any) -> Any:
    """webargs puts the part of the request ("json", "query") above the fields."""
    if isinstance(messages, Mapping) and len(messages) == 1:
        (location, inner), *_ = messages.items()
        if location in {"json", "query", "form", "headers", "files", "json_or_form"}:
            return inner
    return messages


def _of_constraint(error: exc.IntegrityError) -> Problem:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    code, sentence = CONSTRAINTS.get(name, (Conflict.code, Conflict.message))
    log.warning("constraint refused a change", extra={"constraint": name})
    return Problem(409, code, gettext(sentence))


def _to_sign_in(error: SignInRequired) -> Any:
    """Back to where they were after signing in, when that was a page and not a form."""
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    if isinstance(error, SupportEnded):
        return _to(url_for("console.support.ended"))
    doors = ((OperatorSignInRequired, "operator.sign_in"), (PortalSignInRequired, "portal.door.sign_in"))
    door = next((door for kind, door in doors if isinstance(error, kind)), "console.sign_in")
    return _to(url_for(door, next=target))


def _to(address: str) -> Any:
    """Another page, also for a part of one that htmx asked for."""
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address, 303)
