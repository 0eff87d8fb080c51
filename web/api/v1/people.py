"""`/people`: customers, found, added and changed by programs."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from customers import companies, people, search, typed
from customers.attributes import list_attributes
from customers.errors import PersonInvalid
from customers.models import Person
from customers.people import PeopleFilters
from customers.search import Search
from customers.values import Unfit
from infra.crypto.columns import or_none
from infra.pages import Page
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.revised import etag, expected
from web.schemas.api import customer_examples as examples
from web.schemas.api import customers as schemas

blueprint = ApiBlueprint("people", __name__, description="Customers.")

Answer = tuple[Any, int, dict[str, str]]

FRAME = (
    *("id", "external_id", "company_id", "language", "zone", "attributes", "nps", "csat", "ces", "scored_at"),
    *("last_contact_at", "source", "created_at", "updated_at"),
)


@blueprint.get("/people")
@blueprint.arguments(schemas.PersonQuery, location="query")
@blueprint.response(200, schemas.PersonPage, example=examples.PERSON_PAGE)
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """List customers, newest first

    Names are found by the beginnings of their words; addresses and numbers only as a whole, because they are
    encrypted.
    """
    session = tenancy.session()
    audit.record_reading(session, "customers.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    page = cursors.turn("people", query, _page)
    return {**page, "items": shown_all(page["items"])}


@blueprint.post("/people")
@blueprint.arguments(schemas.NewPerson, example=examples.NEW_PERSON)
@blueprint.response(201, schemas.Person, example=examples.PERSON, headers=examples.MADE_HEADERS)
def create_person(body: dict[str, Any]) -> Answer:
    """Add a customer

    Nobody else may have the external id. Two may have the same address: they are offered as duplicates then.
    """
    person, status, headers = repeatable.once(lambda: _added(body), _get)
    return shown(person), status, {**headers, **etag(person), "Location": f"/api/v1/people/{person.id}"}


@blueprint.get("/people/<uuid:person_id>")
@blueprint.response(200, schemas.Person, example=examples.PERSON, headers=examples.ETAG)
def get_person(person_id: UUID) -> tuple[Any, dict[str, str]]:
    """Get a customer

    The id of somebody who was merged answers who they were merged into.
    """
    person = _get(person_id)
    return shown(person), etag(person)


@blueprint.patch("/people/<uuid:person_id>")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.PersonChange, example={"phone": "+49307654321"})
@blueprint.response(200, schemas.Person, example=examples.PERSON, headers=examples.ETAG)
def change_person(body: dict[str, Any], person_id: UUID) -> Answer:
    """Change a customer

    Say by `If-Match` with the ETag which state you have seen.
    """
    person, status, headers = repeatable.once(lambda: _changed(person_id, body), _get, status=200)
    return shown(person), status, {**headers, **etag(person)}


def shown_all(people: Sequence[Person]) -> list[dict[str, Any]]:
    """People as the schema takes them; a company that was merged by the id of the one that stays."""
    session = tenancy.session()
    stays = companies.canonical_ids(session, {each.company_id for each in people if each.company_id})
    named = {each.id: stays.get(each.company_id, each.company_id) for each in people if each.company_id}
    return [{**_shown(person), "company_id": named.get(person.id)} for person in people]


def shown(person: Person) -> dict[str, Any]:
    """The person as the schema takes them."""
    return shown_all([person])[0]


def _shown(person: Person) -> dict[str, Any]:
    identity = person.identity
    return {
        "name": or_none(lambda: identity.name),
        "email": or_none(lambda: identity.email),
        "phone": or_none(lambda: identity.phone),
        **{name: getattr(person, name) for name in FRAME},
    }


def filters_of(wanted: Mapping[str, Any]) -> PeopleFilters:
    """What a query or a body says about which people are meant. Raises PersonInvalid."""
    return PeopleFilters(
        search=_search(wanted),
        company_id=wanted.get("company_id"),
        language=wanted.get("language", ""),
        source=wanted.get("source", ""),
        contact=wanted.get("contact", ""),
        score=wanted.get("score", ""),
        attributes=_attribute(wanted.get("attribute", "")),
        segment_id=wanted.get("segment_id"),
    )


def _get(person_id: UUID) -> Person:
    return people.get(tenancy.session(), person_id)


def _added(body: dict[str, Any]) -> UUID:
    return people.add(tenancy.session(), by=tenancy.actor(), source="api", **body).id


def _changed(person_id: UUID, body: dict[str, Any]) -> UUID:
    person = _get(person_id)
    revision = expected(person)
    return people.change(tenancy.session(), person, by=tenancy.actor(), revision=revision, **body).id


def _page(*, after: str | None, limit: int, order: str, **wanted: Any) -> Page[Person]:
    return people.list_people(tenancy.session(), filters_of(wanted), after=after, limit=limit, order=order)


def _search(wanted: Mapping[str, Any]) -> Search | None:
    session = tenancy.session()
    if "email" in wanted:
        return Search(ids=tuple(found.id for found in people.find_by_email(session, wanted["email"])))
    if "phone" in wanted:
        return Search(ids=tuple(found.id for found in people.find_by_phone(session, wanted["phone"])))
    if "external_id" in wanted:
        found = people.find_by_external_id(session, wanted["external_id"])
        return Search(ids=(found.id,) if found else ())
    return search.asked(session, wanted.get("search", ""))


def _attribute(pair: str) -> dict[str, Any]:
    """`code:value` as it is stored. Raises PersonInvalid."""
    code, _, value = pair.partition(":")
    if not code:
        return {}
    declared = {each.code: each for each in list_attributes(tenancy.session(), "person")}
    try:
        return {code: typed.typed(declared.get(code), value)}
    except Unfit as unfit:
        raise PersonInvalid(problems={"attribute": [unfit.sentence]}) from unfit
