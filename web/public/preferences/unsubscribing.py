"""`/u/<token>`: the page behind "Unsubscribe", and what mail programs send there (RFC 8058)."""

from flask import Response, request

from customers import unsubscribe as rules
from customers.purposes import Purpose
from customers.topics import get_by_code, name_of
from customers.unsubscribe import Opened
from web import tenancy
from web.public.preferences import pages
from web.public.preferences.blueprint import blueprint

LARGEST = 64 * 1024
"""Bytes of a body; what is asked for is thirty."""
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@blueprint.get("/<token>")
def unsubscribe(token: str) -> Response:
    """Says what the button does. Opening it, by a person or a scanner, changes nothing."""
    opened = _open(token)
    return opened if isinstance(opened, Response) else _page(opened, token, done=False)


@blueprint.post("/<token>")
def press(token: str) -> Response:
    """One press withdraws: from a mail program without cookies, or by the page's button. Safe to repeat."""
    request.max_content_length = LARGEST
    opened = _open(token)
    if isinstance(opened, Response):
        return opened
    by_program = request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]
    if not by_program and request.form.get("press") != "yes":
        return _page(opened, token, done=False, status=400)
    source = "mail" if by_program else "link"
    rules.one_click(
        tenancy.session(),
        opened,
        source=source,
        locale=pages.language_of(opened.who),
        network=request.remote_addr,
    )
    return _page(opened, token, done=True)


def _open(token: str) -> Opened | Response:
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    return pages.opened(lambda: rules.open_unsubscribe(tenancy.session(), settings, tenant.id, token))


def _page(opened: Opened, token: str, *, done: bool, status: int = 200) -> Response:
    contact, purpose = opened.contact, opened.purpose
    assert contact is not None, "the link names a contact"
    assert purpose is not None, "a contact has a purpose"
    path = rules.path_to_preferences(tenancy.services().settings, tenancy.tenant().id, opened.who.id, contact.id)
    return pages.render(
        "unsubscribe",
        opened.who,
        status,
        done=done,
        token_path=f"/u/{token}",
        purpose=purpose,
        topic=_topic_name(opened, purpose),
        email=pages.masked(opened.who),
        preferences=path,
    )


def _topic_name(opened: Opened, purpose: Purpose) -> str:
    contact = opened.contact
    if contact is None or not contact.topic:
        return ""
    return name_of(get_by_code(tenancy.session(), contact.topic), pages.language_of(opened.who))
