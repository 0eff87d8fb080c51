"""A survey opened by a personal link, by an external id that another system signed, or from the customer pages.

Who somebody is stands in the form beside its token and is looked at again when the form is sent. Opening the page
spends nothing, and of an anonymous survey it does not tell whether the link was used. Of a session on the customer
pages the form holds the id alone: the cookie must come along.
"""

from urllib.parse import urlencode

from flask import Response, request

from customers.links import LinkExpired, LinkSpent
from infra.errors import RapportError
from infra.i18n import N_, gettext, use
from surveys import known
from surveys.known import Claim
from web import tenancy
from web.portal import entry
from web.public.surveys.live import Version
from web.public.surveys.pages import render_message
from web.public.surveys.visits import Visited, carried, html, own_state, rendered

SEPARATOR = "~"
"""Between the form's token and who somebody is; neither holds one."""
NOBODY = "a."
"""What a page has promised holds also where the survey's setting is known a moment later, or was changed since."""

OVER = N_("This link does not work any more")


def asked() -> Claim | None:
    """Who the address says it is for."""
    given = request.args
    if given.get("w") == known.PORTAL:
        return _signed_in()
    return Claim.asked(given.get("p", ""), given.get("c", ""), given.get("sig", ""))


def split(token: str) -> tuple[str, bool, Claim | None]:
    """The form's own token, whether its page promised that nobody is known, and who somebody is."""
    own, _, more = token.partition(SEPARATOR)
    promised, claim = more.startswith(NOBODY), more.removeprefix(NOBODY)
    found = Claim.read(claim) if claim else None
    if found is not None and found.wants_cookie:
        found = found.with_cookie(request.cookies.get(entry.name(), ""))
    return own, promised, found


def _signed_in() -> Claim | None:
    """Whoever is signed in on the customer pages in this browser."""
    found = entry.find()
    if found is None:
        return None
    return Claim.of_session(found[0].id).with_cookie(request.cookies.get(entry.name(), ""))


def joined(token: str, anonymous: bool, claim: Claim | None) -> str:
    """The same, back in one field."""
    more = (NOBODY if anonymous else "") + (claim.text() if claim is not None else "")
    return f"{token}{SEPARATOR}{more}" if more else token


def page(visited: Visited, version: Version, language: str, token: str, claim: Claim) -> Response:
    """The form, with what it says about whose answers these will be; or why the link is over."""
    try:
        found = known.find(tenancy.session(), visited.live.survey, claim, telling=False)
    except (LinkSpent, LinkExpired) as refusal:
        return over(visited, language, refusal)
    said = "anonymous" if visited.live.anonymous else "known" if found else "nobody"
    form = own_state(visited, version, language, token)
    names = ("p", "c", "sig", "w")
    asked_by = "&" + urlencode({name: value for name in names if (value := request.args.get(name))})
    whole = joined(token, visited.live.anonymous, claim)
    text = rendered(visited, language, form, token=whole, privacy=said, carried=asked_by + carried(version))
    answer = html(text)
    answer.headers["Cache-Control"], answer.headers["Referrer-Policy"] = "no-store", "no-referrer"
    return answer


def over(visited: Visited, language: str, refusal: RapportError) -> Response:
    """A link that was good for one time, or for a while."""
    with use(locale=language):
        words = gettext(refusal.message, **refusal.fields)
        about = f"/s/{visited.address}"
        heading = gettext(OVER)
        return html(render_message(heading, words, brand=visited.brand, language=language, about=about), 410)
