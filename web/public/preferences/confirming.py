"""`/u/confirm/<token>`: the button that turns what somebody ticked into a consent that counts."""

from uuid import UUID

from flask import Response, request

from customers import consent, consent_people, links
from customers.consent_errors import NothingToConfirm
from customers.contact_mail import CONFIRM_LINK
from customers.models import Consent, ConsentText, PersonalLink
from customers.purposes import PURPOSES
from infra.errors import Conflict, NotFound
from web import tenancy
from web.public.preferences import pages
from web.public.preferences.blueprint import blueprint


@blueprint.get("/confirm/<token>")
def confirmation(token: str) -> Response:
    """What would be agreed to, and the button. Opening it spends nothing."""
    found = _find(token)
    return found if isinstance(found, Response) else _page(found, token, done=False)


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> Response:
    """Gives the consent and spends the link; pressing again shows the same."""
    found = _find(token)
    if isinstance(found, Response):
        return found
    session = tenancy.session()
    try:
        given = consent.confirm(session, found.ref_id, network=request.remote_addr)
    except NothingToConfirm as refusal:
        return pages.wrong(links.LinkExpired(refusal.message))
    _spend(found)
    return _page(found, token, done=True, given=given)


def _spend(found: PersonalLink) -> None:
    if found.spent_at is None:
        links.spend(tenancy.session(), found)


def _find(token: str) -> PersonalLink | Response:
    """Also a link that was pressed before: it says that all is well."""
    session = tenancy.session()
    try:
        found = links.find(session, token, purpose=CONFIRM_LINK)
        if found is not None and found.spent_at is not None:
            return found
        return links.get(session, token, purpose=CONFIRM_LINK)
    except (Conflict, NotFound) as refusal:
        return pages.wrong(refusal)


def _page(found: PersonalLink, token: str, *, done: bool, given: Consent | None = None) -> Response:
    session = tenancy.session()
    asked = session.get_one(Consent, found.ref_id)
    who = consent_people.find(session, asked.person_id)
    words = session.get(ConsentText, asked.text_id) if isinstance(asked.text_id, UUID) else None
    return pages.render(
        "confirm",
        who,
        done=done or found.spent_at is not None,
        token_path=f"/u/confirm/{token}",
        purpose=PURPOSES[asked.purpose],
        words=words.words if words else "",
        guardian=asked.guardian_email is not None,
        given=given,
    )
