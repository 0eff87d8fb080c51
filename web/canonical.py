"""From the workspace's subdomain to its main domain: pages lead there, everything else works where it is.

The console stays open at the subdomain for whoever is signed in there or asks for the sign-in page with `stay`: a
domain may cease to work, and then the subdomain is the way to mend it.
"""

from flask import Response
from werkzeug.urls import iri_to_uri

from infra import links
from tenants.directory import Directory, bare_host
from web.surfaces import Grant
from web.tenancy import Request

PARTS = frozenset({"public.brand", "api_description"})
"""What pages and programs fetch; a page's policy allows its own host only."""


def address(incoming: Request, grant: Grant, directory: Directory) -> str | None:
    """Where the request is led to; None when it is served where it came."""
    tenancy = incoming.visit.tenancy
    if tenancy is None or tenancy.main_host is None or not _is_page(incoming, grant):
        return None
    if not directory.is_subdomain(bare_host(incoming.host)) or _stays(incoming):
        return None
    query = incoming.query_string.decode("latin-1")
    path = iri_to_uri(incoming.path) + (f"?{query}" if query else "")
    return links.tenant_url(incoming.visit.services.settings, tenancy.main_host, path)


def leading_to(elsewhere: str) -> Response:
    """Never remembered by a browser, so that the tenant can change its mind."""
    return Response(status=308, headers={"Location": elsewhere, "Cache-Control": "no-store"})


def _is_page(incoming: Request, grant: Grant) -> bool:
    """A page that somebody opens, not a form, a part of a page, or a program's request."""
    surface = grant.surface
    if incoming.method not in ("GET", "HEAD") or surface.who == "key" or surface.name in PARTS:
        return False
    return "HX-Request" not in incoming.headers


def _stays(incoming: Request) -> bool:
    if not incoming.path.startswith("/console"):
        return False
    if "stay" in incoming.args or "stay=" in incoming.args.get("next", ""):
        return True
    return any(name in incoming.cookies for name in ("__Host-rapport", "rapport"))
