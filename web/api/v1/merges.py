"""`…/merge`, `…/merges` and `/merges/{id}/undo`, of people and of companies: two become one, and two again."""

from typing import Any
from uuid import UUID

from customers import companies, company_merging, merge_images, merging, people
from customers.models import Merge
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.people import shown
from web.api.v1.revised import etag, told
from web.schemas.api import customer_examples as examples
from web.schemas.api import customers as schemas
from web.schemas.api import merges
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("merges", __name__, description="Customers who turned out to be one.")


@blueprint.post("/people/<uuid:person_id>/merge")
@blueprint.arguments(merges.MergeOf, example=merges.MERGE)
@blueprint.response(200, schemas.Person, example=examples.PERSON, headers=examples.ETAG)
def merge_person(body: dict[str, Any], person_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Merge another customer into this one

    Both ids answer the one that stays from then on. It can be undone for 30 days.
    """
    person, status, headers = repeatable.once(lambda: _merged(person_id, body), _get, status=200)
    return shown(person), status, {**headers, **etag(person)}


@blueprint.post("/companies/<uuid:company_id>/merge")
@blueprint.arguments(merges.CompanyMergeOf, example=merges.MERGE)
@blueprint.response(200, schemas.Company, example=examples.COMPANY, headers=examples.ETAG)
def merge_company(body: dict[str, Any], company_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Merge another company into this one

    Both ids answer the one that stays from then on, with the people of both. It can be undone for 30 days.
    """

    def perform() -> UUID:
        session, by = tenancy.session(), tenancy.actor()
        return company_merging.merge(session, company_id, body["merged_id"], by=by, choices=body["choices"]).kept_id

    return told(*repeatable.once(perform, lambda found: companies.get(tenancy.session(), found), status=200))


@blueprint.get("/people/<uuid:person_id>/merges")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, merges.MergePage, example=merges.MERGED_PAGE)
def list_person_merges(query: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """List who was merged into a customer and stands, newest first

    All of them stand on one page.
    """
    return _listed("person_merges", query, _get(person_id).id)


@blueprint.get("/companies/<uuid:company_id>/merges")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, merges.MergePage, example=merges.MERGED_PAGE)
def list_company_merges(query: dict[str, Any], company_id: UUID) -> dict[str, Any]:
    """List what was merged into a company and stands, newest first

    All of them stand on one page.
    """
    return _listed("company_merges", query, companies.get(tenancy.session(), company_id).id)


@blueprint.post("/merges/<uuid:merge_id>/undo")
@blueprint.response(200, merges.Merge, example=merges.UNDONE)
def undo_person_merge(merge_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Take a merge of customers apart

    Both are as they were before. What somebody changed since stays with the one that was kept. Of several merges
    the last comes first. Doing it again does nothing.
    """

    def perform() -> UUID:
        return merging.unmerge(tenancy.session(), merge_id, by=tenancy.actor())[0].id

    return repeatable.once(perform, lambda found: _shown(merging.get(tenancy.session(), found)), status=200)


@blueprint.post("/company-merges/<uuid:company_merge_id>/undo")
@blueprint.response(200, merges.Merge, example=merges.UNDONE)
def undo_company_merge(company_merge_id: UUID) -> tuple[Any, int, dict[str, str]]:
    """Take a merge of companies apart

    Both are as they were before. What somebody changed since stays with the one that was kept. Of several merges
    the last comes first. Doing it again does nothing.
    """

    def perform() -> UUID:
        return company_merging.unmerge(tenancy.session(), company_merge_id, by=tenancy.actor())[0].id

    return repeatable.once(perform, lambda found: _shown(company_merging.get(tenancy.session(), found)), status=200)


def _listed(of: str, query: dict[str, Any], kept_id: UUID) -> dict[str, Any]:
    def fetch(*, after: str | None, limit: int) -> Page[dict[str, Any]]:
        return Page([_shown(made) for made in merge_images.list_of(tenancy.session(), kept_id)], None)

    return cursors.turn(f"{of}:{kept_id}", query, fetch)


def _shown(made: Merge) -> dict[str, Any]:
    shown = {name: getattr(made, name) for name in ("id", "kept_id", "merged_id", "at", "undone_at")}
    return {**shown, "can_be_undone": merge_images.may_undo(made)}


def _merged(person_id: UUID, body: dict[str, Any]) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    return merging.merge(session, person_id, body["merged_id"], by=by, choices=body["choices"]).kept_id


def _get(person_id: UUID) -> Any:
    return people.get(tenancy.session(), person_id)
