"""The Flask application of Rapport: one request, one tenant, one transaction.

`dispatch_request` is the whole story of a request: host → tenant → policy → who → handler → commit. The commit
happens before the answer leaves, so that a page which says "saved" is true.
"""

import itertools
import logging
import re
import secrets
from time import perf_counter
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, abort, redirect, request
from flask import Request as FlaskRequest
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from infra import log as logs
from infra import metrics
from infra.errors import NotFound
from infra.limits import Limiter
from infra.tally import Tally
from tenants.directory import Directory
from tenants.errors import TenantSuspended
from web import auth, canonical, compressed
from web.security import Headers, TenantSessions
from web.surfaces import Grant, Surface, policy
from web.tenancy import Request, Visit

if TYPE_CHECKING:
    from flask_smorest import Api

    from infra.services import Services


SLOW = 1.0
"""Seconds from which any answer is worth a line in the log."""
_GIVEN_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)

log = logging.getLogger(__name__)


class Application(Flask):
    """Flask with our way of serving a request. `services`, `directory`, `limiter` and `tally` are its state."""

    request_class = Request

    def __init__(self, services: "Services") -> None:
        super().__init__("web")
        self.work_with(services)
        self.api: Api | None = None
        self.policy = policy()
        self.security = Headers(services.settings)
        self.session_interface = TenantSessions(services.settings)
        self._behind_proxy = services.settings.proxies > 0
        self._prefix, self._numbers = secrets.token_hex(5), itertools.count()

    def work_with(self, services: "Services") -> None:
        """Begins anew with these services, of the same settings; what was known through others is forgotten."""
        self.services = services
        self.directory = Directory(services.db, services.settings)
        self.limiter = Limiter(services.settings.valkey_url, services.settings.secret)
        self.tally = Tally(self.limiter)

    def full_dispatch_request(self) -> Response:
        """Serves a request under an id of its own, and counts it."""
        incoming, began, status = cast(Request, request_ctx.request), perf_counter(), 500
        logs.REQUEST.set(self._id_of(incoming))
        try:
            response = super().full_dispatch_request()
            status = response.status_code
            return response
        finally:
            self._note(incoming, status, perf_counter() - began)

    def dispatch_request(self) -> Response:
        """Serves one request; see the module's text. Raises what `web.errors` knows to answer."""
        incoming = cast(Request, request_ctx.request)
        grant = self._granted(incoming)
        visit = incoming.visit
        try:
            if grant is not None:
                elsewhere = canonical.address(incoming, grant, self.directory)
                if elsewhere is not None:
                    return canonical.leading_to(elsewhere)
                instead = auth.admit(visit, incoming, grant)
                if instead is not None:
                    return self._finished(visit, instead)
            return self._finished(visit, super().dispatch_request())
        finally:
            visit.leave()

    def _finished(self, visit: Visit, answer: ResponseReturnValue) -> Response:
        """The answer of a handler, or of a gate in its place, with its transaction ended."""
        response = self.make_response(answer)
        visit.finish(response.status_code)
        return response

    def _id_of(self, incoming: Request) -> str:
        """The reverse proxy's id of the request where there is one: its log and ours can be read together."""
        given = incoming.headers.get("X-Request-Id") if self._behind_proxy else None
        return given if given and _GIVEN_ID.fullmatch(given) else f"{self._prefix}-{next(self._numbers):x}"

    def _note(self, incoming: Request, status: int, seconds: float) -> None:
        """Counts the request; a line in the log where somebody is known or something is odd. Never its address:
        paths hold tokens."""
        grant = self.policy.get(incoming.endpoint or "")
        visit: Visit | None = getattr(incoming, "visit", None)
        tenancy = visit.tenancy if visit else None
        metrics.request_served(incoming.endpoint, status, seconds, tenancy.ref.slug if tenancy else None)
        if status >= 500 or seconds > SLOW or (grant is not None and grant.surface.who != "anyone"):
            fields = {
                "endpoint": incoming.endpoint,
                "method": incoming.method,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "tenant": str(tenancy.ref.id) if tenancy else None,
            }
            log.log(logging.WARNING if status >= 500 or seconds > SLOW else logging.INFO, "request", extra=fields)

    def _granted(self, incoming: Request) -> Grant | None:
        """The policy's line, with the visit at the right host. None: routing itself has something to say."""
        rule = incoming.url_rule
        grant = self.policy.get(rule.endpoint) if rule is not None else None
        if grant is not None and grant.surface.host == "any":
            incoming.visit = Visit(self.services, None)
            return grant
        incoming.visit = self._arrive(incoming)
        if rule is None:
            return None
        if grant is None or not _on(grant.surface, incoming.visit):
            if rule.rule == "/" and incoming.visit.tenancy is not None:
                abort(redirect("/console/"))
            raise NotFound()
        return grant

    def _arrive(self, incoming: Request) -> Visit:
        host = incoming.host
        if self.directory.is_platform(host):
            return Visit(self.services, None)
        tenancy = self.directory.find(host) if host else None
        if tenancy is None:
            raise NotFound()
        if tenancy.state == "suspended":
            raise TenantSuspended()
        return Visit(self.services, tenancy)

    def create_url_adapter(self, request: FlaskRequest | None) -> MapAdapter | None:
        """As Flask's; for a host that cannot exist the platform's, so that the answer is a page that says 404."""
        try:
            return super().create_url_adapter(request)
        except BadHost:
            assert request is not None, "only a request brings a host"
            return self.url_map.bind(
                self.directory.base_host,
                url_scheme=request.scheme,
                path_info=request.path,
                default_method=request.method,
            )

    def send_static_file(self, filename: str) -> Response:
        """Texts are sent compressed to whoever reads that; everything else as Flask does."""
        found = compressed.find_file(self.static_folder, filename)
        if found is None:
            return super().send_static_file(filename)
        response = compressed.answer(found)
        age = self.get_send_file_max_age(filename)
        if age is None:
            response.cache_control.no_cache = True
        else:
            response.cache_control.max_age = age
            response.cache_control.public = True
        response.make_conditional(request)
        return response

    def process_response(self, response: Response) -> Response:
        """Adds the security headers to every answer, also to errors."""
        response = super().process_response(response)
        rule = request.url_rule
        grant = self.policy.get(rule.endpoint) if rule is not None else None
        surface = grant.surface if grant else None
        self.security.add(
            response,
            platform=surface is not None and surface.host == "platform",
            framed=surface is not None and surface.framed,
            own_domain=self.directory.is_foreign(request.host),
        )
        if surface is None or surface.who != "anyone":
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = logs.REQUEST.get() or ""
        return response


def _on(surface: Surface, visit: Visit) -> bool:
    return (surface.host == "tenant") == (visit.tenancy is not None)
