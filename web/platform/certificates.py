"""May the reverse proxy have a certificate for this name? Asked at a handshake with a name that has none yet.

The question of Caddy's `on_demand_tls.ask`: 2xx is yes, everything else no. The proxy asks by an address of its own
choosing (`http://127.0.0.1:8000/certificates/allowed?domain=…`), so it is answered on every host.
"""

import re

from flask import Blueprint, Response, request

from infra.limits import Count, Limit
from web import tenancy

blueprint = Blueprint("certificates", __name__)

NAME = re.compile(r"(?=.{4,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
UNKNOWN = Limit(600, 60)
"""Names that nobody has here, in a minute: anybody can begin a handshake with any name. Only they are counted,
after one query at most, so that no flood of them ever keeps a name that is served from its certificate."""


@blueprint.get("/allowed")
def allowed() -> Response:
    """200 for the platform's host, for the subdomain and the verified domains of an active tenant; else 4xx."""
    name = request.args.get("domain", "").lower().rstrip(".")
    directory = tenancy.application().directory
    if name == directory.base_host:
        return _say(200, "yes")
    if not NAME.fullmatch(name):
        return _say(400, "not a name")
    is_new = not directory.is_cached(name)
    found = directory.find(name)
    if found is not None:
        return _say(200, "yes") if found.state == "active" else _say(404, "no")
    wait = tenancy.limiter().take(Count("certificates:unknown", UNKNOWN)) if is_new else 0
    return _say(429, "too many unknown names", {"Retry-After": str(wait)}) if wait else _say(404, "no")


def _say(status: int, word: str, headers: dict[str, str] | None = None) -> Response:
    return Response(word + "\n", status, {"Cache-Control": "no-store", **(headers or {})}, mimetype="text/plain")
