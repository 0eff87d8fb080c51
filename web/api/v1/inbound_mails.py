"""`/inbound-mails`: mail that came in and is no contact (yet), and whose it is."""

from typing import Any
from uuid import UUID

from customers import inbound_desk
from customers.errors import PersonInvalid
from customers.inbound_errors import MailNotOpen
from customers.models import InboundMail
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import named
from web.schemas.api import inbound_mails as schemas

blueprint = ApiBlueprint("inbound_mails", __name__, description="Mail that came in.")

Answer = tuple[dict[str, Any], int, dict[str, str]]

SHOWN = (
    *("id", "state", "reason", "sender", "sender_name", "local_part", "subject", "body", "automatic"),
    *("authentication", "checks", "size", "person_id", "received_at"),
)


@blueprint.get("/inbound-mails")
@blueprint.arguments(schemas.InboundMailQuery, location="query")
@blueprint.response(200, schemas.InboundMailPage, example=schemas.INBOUND_MAIL_PAGE)
def list_inbound_mails(query: dict[str, Any]) -> dict[str, Any]:
    """List mail that is nobody's contact, newest first

    It is kept for 90 days, and can be given to somebody as long.
    """
    page = cursors.turn("inbound_mails", query, _page)
    return {**page, "items": [_shown(each) for each in page["items"]]}


@blueprint.get("/inbound-mails/<uuid:mail_id>")
@blueprint.response(200, schemas.InboundMail, example=schemas.INBOUND_MAIL)
def get_inbound_mail(mail_id: UUID) -> dict[str, Any]:
    """Get a mail that came in"""
    return _get(mail_id)


@blueprint.post("/inbound-mails/<uuid:mail_id>/person")
@blueprint.arguments(schemas.MailOwner, example=schemas.MAIL_OWNER)
@blueprint.response(200, schemas.InboundMail, example=schemas.GIVEN_MAIL)
def assign_inbound_mail(body: dict[str, Any], mail_id: UUID) -> Answer:
    """Say whose a mail is

    It becomes a contact on their timeline, and so does what else waits from the same unknown sender.
    """

    def perform() -> UUID:
        found, person = inbound_desk.get(tenancy.session(), mail_id), named(body["person_id"], "person_id")
        inbound_desk.assign(tenancy.session(), found, person, by=tenancy.actor())
        return mail_id

    return repeatable.once(perform, _get, status=200)


@blueprint.post("/inbound-mails/<uuid:mail_id>/customer")
@blueprint.response(200, schemas.InboundMail, example=schemas.GIVEN_MAIL)
def add_inbound_mail_sender(mail_id: UUID) -> Answer:
    """Make the sender of a mail a customer

    The mail is theirs then; `person_id` says who they are. Not for mail that the sender's domain disowns, nor for
    one that names no sender: say whose those are.
    """

    def perform() -> UUID:
        try:
            inbound_desk.add_sender(
                tenancy.session(), inbound_desk.get(tenancy.session(), mail_id), by=tenancy.actor()
            )
        except PersonInvalid as invalid:  # nothing in the request could be mended
            raise MailNotOpen() from invalid
        return mail_id

    return repeatable.once(perform, _get, status=200)


@blueprint.post("/inbound-mails/<uuid:mail_id>/aside")
@blueprint.response(200, schemas.InboundMail, example={**schemas.INBOUND_MAIL, "state": "set_aside"})
def set_inbound_mail_aside(mail_id: UUID) -> Answer:
    """Say that a mail is nobody's

    It can still be given to somebody while it is kept. Doing it again does nothing.
    """

    def perform() -> UUID:
        found = inbound_desk.get(tenancy.session(), mail_id)
        inbound_desk.set_aside(tenancy.session(), found, by=tenancy.actor())
        return mail_id

    return repeatable.once(perform, _get, status=200)


def _get(mail_id: UUID) -> dict[str, Any]:
    return _shown(inbound_desk.get(tenancy.session(), mail_id))


def _page(*, after: str | None, limit: int, kind: str) -> Page[InboundMail]:
    return inbound_desk.list_mails(tenancy.session(), kind, after=after, limit=limit)


def _shown(mail: InboundMail) -> dict[str, Any]:
    files = [
        {"name": each.get("name"), "bytes": each.get("bytes"), "risk": each.get("risk")}
        for each in mail.attachments
    ]
    return {**{name: getattr(mail, name) for name in SHOWN}, "files": files}
