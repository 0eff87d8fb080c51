"""The Flask application of Rapport: one request, one tenant, one transaction.

`dispatch_request` is the whole story of a request: host → tenant → policy → who → handler → commit. The commit
happens before the answer leaves, so that a page which says "saved" is true.
"""

from typing import TYPE_CHECKING, cast

from flask import Flask, Response, abort, redirect, request
from flask import Request as FlaskRequest
from flask.globals import request_ctx
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from infra.errors import NotFound
from infra.limits import Limiter
from infra.tally import Tally
from tenants.directory import Directory
from tenants.errors import TenantSuspended
from web import auth
from web.security import Headers, TenantSessions
from web.surfaces import Grant, Surface, policy
from web.tenancy import Request, Visit

if TYPE_CHECKING:
    from flask_smorest import Api

    from infra.services import Services


class Application(Flask):
    """Flask with our way of serving a request. `services`, `directory`, `limiter` and `tally` are its state."""

    request_class = Request

    def __init__(self, services: "Services") -> None:
        super().__init__("web")
        self.services = services
        self.directory = Directory(services.db, services.settings)
        self.limiter = Limiter(services.settings.valkey_url, services.settings.secret)
        self.tally = Tally(self.limiter)
        self.api: Api | None = None
        self.policy = policy()
        self.security = Headers(services.settings)
        self.session_interface = TenantSessions(services.settings)

    def dispatch_request(self) -> Response:
        """Serves one request; see the module's text. Raises what `web.errors` knows to answer."""
        incoming = cast(Request, request_ctx.request)
        grant = self._granted(incoming)
        visit = incoming.visit
        try:
            if grant is not None:
                auth.admit(visit, incoming, grant)
            response = self.make_response(super().dispatch_request())
            visit.finish(response.status_code)
            return response
        finally:
            visit.leave()

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
        )
        if surface is None or surface.who != "anyone":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _on(surface: Surface, visit: Visit) -> bool:
    return (surface.host == "tenant") == (visit.tenancy is not None)
