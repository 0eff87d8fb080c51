"""`/people/…/consents`, `/contacts`, `/link-key`: what customers agreed to, what was sent, how links are signed."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from customers import consent as register
from customers import consent_queries, consent_state, contact_rules
from customers.consent import Proof
from customers.consent_age import Age
from customers.consent_people import find as find_known
from customers.contact_queries import ContactFilters, list_contacts, mails_of
from customers.models import Consent, Contact
from infra.crypto.columns import or_none
from infra.pages import Page
from surveys import known
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import consent_examples as examples
from web.schemas.api import consents as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("consents", __name__, description="What customers agreed to, and messages to them.")

Answer = tuple[Any, int, dict[str, str]]

SHOWN = (
    *("id", "person_id", "purpose", "channel", "topic", "state", "source", "text_version", "text_digest"),
    *("how", "evidence", "guardian_confirmed", "expires_at", "at", "created_at"),
)
SHOWN_CONTACT = (
    *("id", "person_id", "purpose", "channel", "topic", "reminder", "state", "reason", "due_at", "created_at"),
)


@blueprint.get("/people/<uuid:person_id>/consents")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.ConsentPage, example=examples.CONSENT_PAGE)
def list_consents(query: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """List what a customer agreed to and withdrew, newest first

    `counts` marks the acts that count now. Acts of those who were merged into the customer are among them.
    """
    found = cursors.turn(f"consents:{person_id}", query, lambda **wanted: _acts(person_id, **wanted))
    return {**found, "items": _shown(person_id, found["items"])}


@blueprint.post("/people/<uuid:person_id>/consents")
@blueprint.arguments(schemas.NewConsent, example=examples.NEW_CONSENT)
@blueprint.response(201, schemas.Consent, example=examples.CONSENT)
def create_consent(body: dict[str, Any], person_id: UUID) -> Answer:
    """Note that a customer agreed or withdrew

    Name the wording they agreed to. Where you ask for confirmation, or the customer is a child, the act is
    `pending` and a mail goes out. What is so already stays as it is.
    """
    return repeatable.once(lambda: _noted(person_id, body), lambda act_id: _one(person_id, act_id))


@blueprint.get("/contacts")
@blueprint.arguments(schemas.ContactQuery, location="query")
@blueprint.response(200, schemas.ContactPage, example=examples.CONTACT_PAGE)
def list_contacts_made(query: dict[str, Any]) -> dict[str, Any]:
    """List messages to customers, newest first, with the reason of those that were not sent"""
    found = cursors.turn("contacts", query, _contacts)
    mails = mails_of(tenancy.session(), found["items"])
    return {**found, "items": [_shown_contact(each, mails) for each in found["items"]]}


@blueprint.get("/link-key")
@blueprint.response(200, schemas.LinkKey, example=examples.LINK_KEY)
def get_link_key() -> dict[str, Any]:
    """Get the key that signs external ids in survey links

    A link `…/s/<survey>?c=<external id>&sig=<HMAC-SHA256 of the external id, in hexadecimal>` names the customer.
    """
    audit.record(tenancy.session(), "contact_rules.link_key_shown", by=tenancy.actor())
    return _link_key()


@blueprint.post("/link-key")
@blueprint.response(201, schemas.LinkKey, example=examples.LINK_KEY)
def renew_link_key() -> Answer:
    """Make a new key

    What was signed with the one before names nobody from then on; such links still open the survey.
    """
    return repeatable.once(_renewed, lambda _: _link_key())


def _acts(person_id: UUID, *, after: str | None, limit: int) -> Page[Consent]:
    return consent_queries.list_acts(tenancy.session(), person_id, after=after, limit=limit)


def _counting(person_id: UUID) -> set[UUID]:
    who = find_known(tenancy.session(), person_id)
    states = consent_state.overview(tenancy.session(), who) if who else {}
    return {state.act for state in states.values() if state.act is not None}


def _noted(person_id: UUID, body: dict[str, Any]) -> UUID:
    proof = Proof(
        "api",
        by=tenancy.actor(),
        locale=body["language"],
        business=tenancy.tenancy().name,
        how=body["how"],
        text_version=body["text_version"],
        text=body["text"],
        network=body["network"],
        at=body["at"],
        age=Age(body["birth_year"], body["guardian_email"]),
    )
    act = register.give if body["state"] == "given" else register.withdraw
    return act(
        tenancy.session(), person_id, body["purpose"], proof, channel=body["channel"], topic=body["topic"]
    ).id


def _one(person_id: UUID, act_id: UUID) -> dict[str, Any]:
    return _shown(person_id, [tenancy.session().get_one(Consent, act_id)])[0]


def _shown(person_id: UUID, acts: Sequence[Consent]) -> list[dict[str, Any]]:
    counting, words = _counting(person_id), consent_queries.words_of(tenancy.session(), acts)
    return [
        {
            **{name: getattr(act, name) for name in SHOWN},
            "counts": act.id in counting,
            "language": act.locale,
            "text": words.get(act.text_id) if act.text_id else None,
            "network": or_none(partial(getattr, act, "network")),
        }
        for act in acts
    ]


def _contacts(*, after: str | None, limit: int, **filters: Any) -> Page[Contact]:
    wanted = ContactFilters(
        filters.get("person_id"),
        filters.get("state") or "",
        filters.get("reason") or "",
        filters.get("purpose") or "",
    )
    return list_contacts(tenancy.session(), wanted, after=after, limit=limit)


def _shown_contact(contact: Contact, mails: Any) -> dict[str, Any]:
    mail = mails.get(contact.id)
    return {**{name: getattr(contact, name) for name in SHOWN_CONTACT}, "mail": mail.state if mail else None}


def _link_key() -> dict[str, Any]:
    session = tenancy.session()
    return {"key": known.signing_key(session), "number": contact_rules.get(session).link_key}


def _renewed() -> UUID:
    """What is kept of a repeated request is an id; the tenant's stands for its key."""
    known.renew_signing_key(tenancy.session(), by=tenancy.actor())
    return tenancy.tenant().id
