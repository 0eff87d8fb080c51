"""`/outgoing-mails`: mails that were refused, or of which nobody knows whether they arrived."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from customers.models import Contact
from infra.errors import Conflict
from infra.i18n import N_
from infra.mail import outbox_decisions
from infra.mail.models import Outbox
from infra.pages import Page, decode_moment, encode_moment
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import sender_domains as schemas

blueprint = ApiBlueprint("outgoing_mails", __name__, description="Mails that somebody decides about.")

Answer = tuple[Any, int, dict[str, str]]

SHOWN = ("id", "state", "purpose", "attempts", "message_id", "created_at", "finished_at")


class MailDecided(Conflict):
    """Somebody was quicker, or another attempt was made."""

    code = "mail_decided"
    message = N_("Somebody has decided about this mail already, or it was sent again. Look at how it stands now.")


@blueprint.get("/outgoing-mails")
@blueprint.arguments(schemas.OutgoingMailQuery, location="query")
@blueprint.response(200, schemas.OutgoingMailPage, example=schemas.MAIL_PAGE)
def list_outgoing_mails(query: dict[str, Any]) -> dict[str, Any]:
    """List mails whose fate is unknown, or that were refused, the latest first"""
    found = cursors.turn("outgoing_mails", query, _page)
    people = _people(found["items"])
    return {**found, "items": [_shown(mail, people) for mail in found["items"]]}


@blueprint.get("/outgoing-mails/<uuid:outgoing_id>")
@blueprint.response(200, schemas.OutgoingMail, example=schemas.MAIL)
def get_outgoing_mail(outgoing_id: UUID) -> dict[str, Any]:
    """Get a mail, without its words and address"""
    return _get(outgoing_id)


@blueprint.post("/outgoing-mails/<uuid:outgoing_id>/arrival")
@blueprint.response(200, schemas.OutgoingMail, example=schemas.ARRIVED)
def note_mail_arrival(outgoing_id: UUID) -> Answer:
    """Say that a mail of unknown fate arrived

    Its server's log tells, by `message_id`. Doing it again does nothing.
    """
    return repeatable.once(lambda: _arrived(outgoing_id), _get, status=200)


@blueprint.post("/outgoing-mails/<uuid:outgoing_id>/sending")
@blueprint.arguments(schemas.SendingAgain, example=schemas.AGAIN)
@blueprint.response(200, schemas.OutgoingMail, example=schemas.SENT_AGAIN)
def send_mail_again(body: dict[str, Any], outgoing_id: UUID) -> Answer:
    """Send a mail of unknown fate again

    Once for the attempt that was looked at. Its Message-ID stays, so that a server which has it can see that.
    """
    return repeatable.once(lambda: _sent_again(outgoing_id, **body), _get, status=200)


def _page(*, after: str | None, limit: int, state: outbox_decisions.Troubled) -> Page[Outbox]:
    moment = decode_moment(after)
    last = (moment[0], moment[1]) if moment is not None and moment[0] is not None else None
    rows = outbox_decisions.list_troubled(tenancy.session(), state, after=last, limit=limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(shown, encode_moment(shown[-1].finished_at, shown[-1].id) if more else None)


def _arrived(mail_id: UUID) -> UUID:
    session, mail = tenancy.session(), outbox_decisions.get_troubled(tenancy.session(), mail_id)
    if outbox_decisions.note_arrival(session, mail.id):
        audit.record(session, "mail.found_arrived", by=tenancy.actor(), subject=mail.id)
    else:
        session.refresh(mail)
        if mail.state != "accepted":
            raise MailDecided()
    return mail.id


def _sent_again(mail_id: UUID, attempts: int) -> UUID:
    session, mail = tenancy.session(), outbox_decisions.get_troubled(tenancy.session(), mail_id)
    if not outbox_decisions.send_again(session, mail.id, attempt=attempts):
        raise MailDecided()
    audit.record(session, "mail.sent_again", by=tenancy.actor(), subject=mail.id)
    return mail.id


def _get(mail_id: UUID) -> dict[str, Any]:
    mail = outbox_decisions.get_troubled(tenancy.session(), mail_id)
    tenancy.session().refresh(mail)
    return _shown(mail, _people([mail]))


def _people(mails: Sequence[Outbox]) -> Mapping[UUID, UUID]:
    """Contacts' ids to their people's."""
    query = select(Contact.id, Contact.person_id).where(Contact.id.in_([mail.ref_id for mail in mails]))
    return {row.id: row.person_id for row in tenancy.session().execute(query)}


def _shown(mail: Outbox, people: Mapping[UUID, UUID]) -> dict[str, Any]:
    person = people.get(mail.ref_id)
    contact = mail.ref_id if person is not None else None
    shown = {name: getattr(mail, name) for name in SHOWN}
    return {**shown, "receipt": mail.smtp_reply, "contact_id": contact, "person_id": person}
