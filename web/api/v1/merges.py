"""`/people/{id}/merge` and `/companies/{id}/merge`: two become one, by programs."""

from typing import Any
from uuid import UUID

from customers import companies, company_merging, merging, people
from web import tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.people import shown
from web.api.v1.revised import etag, told
from web.schemas.api import customer_examples as examples
from web.schemas.api import customers as schemas
from web.schemas.api import merges

blueprint = ApiBlueprint("merges", __name__, description="Customers who turned out to be one.")


@blueprint.post("/people/<uuid:person_id>/merge")
@blueprint.arguments(merges.MergeOf, example=merges.MERGE)
@blueprint.response(200, schemas.Person, example=examples.PERSON, headers=examples.ETAG)
def merge_person(body: dict[str, Any], person_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Merge another customer into this one

    Both ids answer the one that stays from then on. Staff can undo it for 30 days.
    """
    person, status, headers = repeatable.once(lambda: _merged(person_id, body), _get, status=200)
    return shown(person), status, {**headers, **etag(person)}


@blueprint.post("/companies/<uuid:company_id>/merge")
@blueprint.arguments(merges.CompanyMergeOf, example=merges.MERGE)
@blueprint.response(200, schemas.Company, example=examples.COMPANY, headers=examples.ETAG)
def merge_company(body: dict[str, Any], company_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Merge another company into this one

    Both ids answer the one that stays from then on, with the people of both. Staff can undo it for 30 days.
    """

    def perform() -> UUID:
        session, by = tenancy.session(), tenancy.actor()
        return company_merging.merge(session, company_id, body["merged_id"], by=by, choices=body["choices"]).kept_id

    return told(*repeatable.once(perform, lambda found: companies.get(tenancy.session(), found), status=200))


def _merged(person_id: UUID, body: dict[str, Any]) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    return merging.merge(session, person_id, body["merged_id"], by=by, choices=body["choices"]).kept_id


def _get(person_id: UUID) -> Any:
    return people.get(tenancy.session(), person_id)
