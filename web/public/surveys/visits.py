"""What every handler asks first: which survey, which version, whose brand, which language."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from infra.db import TenantRef
from infra.i18n import N_, gettext, negotiate, use
from surveys.errors import SurveyNotFound
from surveys.logic import seed_of
from surveys.logic.hidden import cleaned
from web import compressed, tenancy
from web.public.surveys import tokens
from web.public.surveys.live import FRESH, Live, Published, Version
from web.public.surveys.pages import Brand, FormState, first_state, render_message, render_page
from web.public.surveys.ready import ReadyPage

ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)

CLOSED = N_("This survey is closed")
CLOSED_WORDS = N_("It takes no more answers. Thank you for wanting to tell us something.")


@dataclass(frozen=True, slots=True)
class Visited:
    """The survey that a request is about, as its tenant shows it at present."""

    tenant: TenantRef
    address: str
    live: Live
    brand: Brand


def visit(address: str, fresh: float = FRESH) -> Visited:
    """The survey at the address on this host, `fresh` seconds old at most. Raises SurveyNotFound, Unavailable."""
    if not ADDRESS.fullmatch(address):
        raise SurveyNotFound
    here = tenancy.tenancy()
    live = published().at(here.ref, address, fresh)
    return Visited(here.ref, address, live, brand_of(here.name, live.brand_version, live.has_logo))


def published() -> Published:
    """The cache of this application."""
    app = tenancy.application()
    found: Published | None = app.extensions.get("rapport.published")
    if found is None:
        found = app.extensions.setdefault("rapport.published", Published(app.services.db))
    return found


@lru_cache(10_000)
def brand_of(name: str, version: int, has_logo: bool) -> Brand:
    """The brand of a tenant at a version of it."""
    return Brand(name, version, f"/brand/logo?v={version}" if has_logo else "")


def ready_page(visited: Visited, version: Version, language: str) -> ReadyPage:
    """The page without its token, rendered once for a language and brand."""
    known = (language, visited.brand, visited.live.anonymous)
    pieces = version.pages.get(known)
    if pieces is None:
        text = rendered(visited, language, first_state(version.compiled, language))
        pieces = version.pages[known] = ReadyPage(text)
    return pieces


def own_state(visited: Visited, version: Version, language: str, token: str) -> FormState:
    """The form as a respondent opens it: in the order of their token, with what their link brought along."""
    own = tokens.verify(tenancy.services().settings.secret, visited.tenant.id, visited.live.survey, token)
    return first_state(version.compiled, language, brought(version), seed_of(own.submission))


def brought(version: Version) -> dict[str, str]:
    """What the address says for the survey's hidden fields, by code."""
    return cleaned({field.code: request.args.get(field.code) for field in version.compiled.definition.hidden})


def carried(version: Version) -> str:
    """The same for another address of the page."""
    found = brought(version)
    return "&" + urlencode(found) if found else ""


def rendered(visited: Visited, language: str, state: FormState, **own: Any) -> str:
    """The page for one state of the form. `own` is what `render_page` takes besides: token, revision, notice."""
    own.setdefault("privacy", "anonymous" if visited.live.anonymous else "")
    return render_page(state, brand=visited.brand, address=visited.address, language=language, **own)


def asked_language(version: Version) -> str:
    """By `?lang=`, then by what the browser prefers, then the survey's own."""
    definition = version.compiled.definition
    wanted = request.args.get("lang") if request.query_string else None
    if wanted in definition.languages:
        return wanted
    return preferred(
        request.environ.get("HTTP_ACCEPT_LANGUAGE", ""), definition.languages, definition.default_language
    )


@lru_cache(5_000)
def preferred(header: str, offered: tuple[str, ...], default: str) -> str:
    """The best of the offered languages for an Accept-Language header (RFC 9110, 12.5.4)."""
    wishes = []
    for place, part in enumerate(header[:400].split(",")):
        name, _, quality = part.partition(";q=")
        try:
            wishes.append((-float(quality or 1), place, name.strip()))
        except ValueError:
            continue
    return negotiate([name for _, _, name in sorted(wishes)], offered, default)


def closed(visited: Visited) -> Response:
    """What was once there and takes no answers now."""
    language = negotiate(request.accept_languages.values())
    with use(locale=language):
        about = f"/s/{visited.address}"
        text = render_message(
            gettext(CLOSED), gettext(CLOSED_WORDS), brand=visited.brand, language=language, about=about
        )
    return html(text, 410)


def for_everybody(page: ReadyPage, token: bytes) -> Response:
    """A page that holds nothing of anybody but their token, compressed for whoever reads that."""
    if compressed.wanted():
        return Response(page.gzipped(token), 200, headers=GZIPPED)
    return Response(page.plain(token), 200, headers=HTML)


def html(body: str | bytes, status: int = 200) -> Response:
    """A page that going back shows again as it was left (so not `no-store`), and that no cache serves to others."""
    return Response(body, status, headers=HTML)


HTML = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Accept-Language, Accept-Encoding"),
)
GZIPPED = (*HTML, ("Content-Encoding", "gzip"))
