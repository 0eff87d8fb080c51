"""`/duplicates`, `/companies/…/duplicates`: customers and companies that might be the same."""

from typing import Any
from uuid import UUID

from customers import companies, company_likeness, duplicates
from customers.company_likeness import LikelyCompany
from customers.duplicates import Likely
from customers.errors import CompanyNotFound
from customers.merge_errors import SamePerson
from customers.models import Person
from infra import long_jobs
from infra.errors import Invalid, NotFound
from infra.ids import new_id
from infra.long_jobs import LongJob
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1 import work
from web.api.v1.common import named
from web.schemas.api import duplicates as schemas
from web.schemas.api.base import Cursors
from web.schemas.api.examples import LOCATION
from web.schemas.api.work import WORK, Work

blueprint = ApiBlueprint("duplicates", __name__, description="Customers who might be the same.")

Answer = tuple[Any, int, dict[str, str]]

MOST = 25
"""Companies that are offered as the same one."""


@blueprint.get("/duplicates")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.DuplicatePage, example=schemas.PAIR_PAGE)
def list_duplicates(query: dict[str, Any]) -> dict[str, Any]:
    """List pairs who might be one, the likeliest first

    They are what the last search found. Merging two takes the pair away.
    """
    found = cursors.turn("duplicates", query, _page)
    return {**found, "items": [_shown(*pair) for pair in found["items"]]}


@blueprint.post("/duplicates/searches")
@blueprint.response(202, Work, example=WORK, headers=LOCATION)
def search_duplicates() -> Answer:
    """Look for pairs among everybody

    It is done in the background; ask for the search until it is `done`. What was dismissed is not offered again.
    """
    row, status, headers = repeatable.made(repeatable.once(_searching, _search, status=202), "duplicates/searches")
    return work.shown(row), status, headers


@blueprint.get("/duplicates/searches/<uuid:search_id>")
@blueprint.response(200, Work, example=WORK)
def get_duplicate_search(search_id: UUID) -> dict[str, Any]:
    """Get how far a search is"""
    return work.shown(_search(search_id))


@blueprint.post("/duplicates/dismissals")
@blueprint.arguments(schemas.PairOf, example=schemas.PAIR_OF)
@blueprint.response(200, schemas.Dismissed, example=schemas.PAIR_OF)
def dismiss_duplicate(body: dict[str, Any]) -> Answer:
    """Say that two are not the same

    They are not offered again. Doing it again does nothing.
    """
    session = tenancy.session()

    def perform() -> UUID:
        one, other = (named(body[name], name).id for name in ("one_id", "other_id"))
        if one == other:
            raise SamePerson()
        duplicates.dismiss(session, one, other, by=tenancy.actor())
        return one

    return repeatable.once(perform, lambda _: body, status=200)


@blueprint.get("/companies/<uuid:company_id>/duplicates")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.CompanyDuplicatePage, example=schemas.COMPANY_PAIR_PAGE)
def list_company_duplicates(query: dict[str, Any], company_id: UUID) -> dict[str, Any]:
    """List what might be the same company

    Looked for anew each time: the same name without its legal form, or the same website. The oldest come first, all
    of them on one page.
    """
    session = tenancy.session()
    company = companies.get(session, company_id)

    def fetch(*, after: str | None, limit: int) -> Page[dict[str, Any]]:
        found = company_likeness.likely(session, company, limit=MOST)
        return Page([_company_pair(company.id, each) for each in found], None)

    return cursors.turn(f"company_duplicates:{company.id}", query, fetch)


@blueprint.post("/company-duplicates/dismissals")
@blueprint.arguments(schemas.CompanyPairOf, example=schemas.PAIR_OF)
@blueprint.response(200, schemas.CompaniesDismissed, example=schemas.PAIR_OF)
def dismiss_company_duplicate(body: dict[str, Any]) -> Answer:
    """Say that two companies are not the same

    They are not offered again. Doing it again does nothing.
    """
    session = tenancy.session()

    def perform() -> UUID:
        one, other = (_company(body[name], name) for name in ("one_id", "other_id"))
        company_likeness.dismiss(session, one, other, by=tenancy.actor())
        return one

    return repeatable.once(perform, lambda _: body, status=200)


def _searching() -> UUID:
    return duplicates.start(tenancy.session(), by=tenancy.actor(), key=new_id().hex).id


def _search(search_id: UUID) -> LongJob:
    row = long_jobs.get_long_job(tenancy.session(), search_id)
    if row.kind != duplicates.collect.name:
        raise NotFound()
    return row


def _company(company_id: UUID, field: str) -> UUID:
    """The company that a field of the body names. Raises Invalid: the address itself is of something there is."""
    try:
        return companies.get(tenancy.session(), company_id).id
    except CompanyNotFound as missing:
        raise Invalid(problems={field: [missing.message]}) from missing


def _company_pair(company_id: UUID, found: LikelyCompany) -> dict[str, Any]:
    reasons = [schemas.COMPANY_REASONS[code] for code in found.why]
    return {"one_id": company_id, "other_id": found.company.id, "reasons": reasons}


def _page(*, after: str | None, limit: int) -> Page[tuple[Person, Likely]]:
    return duplicates.list_pairs(tenancy.session(), after=after, limit=limit)


def _shown(one: Person, likely: Likely) -> dict[str, Any]:
    reasons = [schemas.REASONS[code] for code in likely.why]
    return {"one_id": one.id, "other_id": likely.person.id, "reasons": reasons}
