"""`/inbound-mails`: mail that came in and is no contact (yet)."""

from typing import Any
from uuid import UUID

from customers import inbound_desk
from customers.models import InboundMail
from infra.pages import Page
from web import tenancy
from web.api import cursors
from web.api.blueprint import ApiBlueprint
from web.schemas.api import inbound_mails as schemas

blueprint = ApiBlueprint("inbound_mails", __name__, description="Mail that came in.")

SHOWN = (
    *("id", "state", "reason", "sender", "sender_name", "local_part", "subject", "body", "automatic"),
    *("authentication", "checks", "size", "person_id", "received_at"),
)


@blueprint.get("/inbound-mails")
@blueprint.arguments(schemas.InboundMailQuery, location="query")
@blueprint.response(200, schemas.InboundMailPage, example=schemas.INBOUND_MAIL_PAGE)
def list_inbound_mails(query: dict[str, Any]) -> dict[str, Any]:
    """List mail that is nobody's contact, newest first

    It is kept for 90 days. What to do with it is decided in the console.
    """
    page = cursors.turn("inbound_mails", query, _page)
    return {**page, "items": [_shown(each) for each in page["items"]]}


@blueprint.get("/inbound-mails/<uuid:mail_id>")
@blueprint.response(200, schemas.InboundMail, example=schemas.INBOUND_MAIL)
def get_inbound_mail(mail_id: UUID) -> dict[str, Any]:
    """Get a mail that came in"""
    return _shown(inbound_desk.get(tenancy.session(), mail_id))


def _page(*, after: str | None, limit: int, kind: str) -> Page[InboundMail]:
    return inbound_desk.list_mails(tenancy.session(), kind, after=after, limit=limit)


def _shown(mail: InboundMail) -> dict[str, Any]:
    files = [
        {"name": each.get("name"), "bytes": each.get("bytes"), "risk": each.get("risk")}
        for each in mail.attachments
    ]
    return {**{name: getattr(mail, name) for name in SHOWN}, "files": files}
