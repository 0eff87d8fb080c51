"""`/people/{id}/messages`: programs write to one customer, through the same door as staff."""

from typing import Any
from uuid import UUID

from customers import people, writing, writing_delivery
from customers.writing_errors import MessageInvalid
from infra.ids import new_id
from surveys import letters
from web import tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import messages as schemas

blueprint = ApiBlueprint("messages", __name__, description="Messages to single customers.")

Answer = tuple[Any, int, dict[str, str]]

FIELDS = {"survey": "survey_id"}
"""What the domain calls a field, and what the body does."""


@blueprint.post("/people/<uuid:person_id>/messages")
@blueprint.arguments(schemas.NewMessage, example=schemas.NEW_MESSAGE)
@blueprint.response(201, schemas.SentMessage, example=schemas.MESSAGE)
def write_to_person(body: dict[str, Any], person_id: UUID) -> Answer:
    """Write to a customer

    What stands against it (consent, a suppressed address, the budget) is answered as `refused` with its reason, and
    nothing is sent. Quiet hours move it to `due_at`.
    """
    return repeatable.once(lambda: _written(person_id, body), _shown)


@blueprint.get("/messages/<uuid:message_id>")
@blueprint.response(200, schemas.SentMessage, example=schemas.MESSAGE)
def get_message(message_id: UUID) -> dict[str, Any]:
    """Get a message, and what became of it"""
    return _shown(message_id)


def _written(person_id: UUID, body: dict[str, Any]) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    said = {name: body[name] for name in ("subject", "text", "topic")}
    person, key = people.get(session, person_id), f"api:{new_id().hex}"
    if body["survey_id"] is None:
        return writing.write(session, person, key=key, by=by, purpose=body["purpose"], **said).contact.id
    try:
        return letters.write(session, person, body["survey_id"], key=key, by=by, **said).contact.id
    except MessageInvalid as refusal:
        problems = {FIELDS.get(name, name): found for name, found in refusal.problems.items()}
        raise MessageInvalid(problems=problems) from refusal


def _shown(message_id: UUID) -> dict[str, Any]:
    session = tenancy.session()
    written = writing.get(session, message_id)
    contact, said = written.contact, written.interaction
    delivery = writing_delivery.deliveries(session, [contact.id])[contact.id]
    shown = ("id", "person_id", "purpose", "topic", "reason", "due_at", "created_at")
    return {
        **{name: getattr(contact, name) for name in shown},
        "interaction_id": said.id if said else None,
        "subject": said.subject if said else None,
        "text": said.body if said else None,
        "state": delivery.state,
        "receipt": delivery.mail.smtp_reply if delivery.mail else None,
        "finished_at": delivery.mail.finished_at if delivery.mail else None,
    }
