"""`/companies`: the businesses that customers work for."""

from typing import Any
from uuid import UUID

from customers import companies
from customers.companies import CompanyFilters
from customers.models import Company
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.revised import etag, expected, told
from web.schemas.api import customer_examples as examples
from web.schemas.api import customers as schemas

blueprint = ApiBlueprint("companies", __name__, description="Companies of customers.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/companies")
@blueprint.arguments(schemas.CompanyQuery, location="query")
@blueprint.response(200, schemas.CompanyPage, example=examples.COMPANY_PAGE)
def list_companies(query: dict[str, Any]) -> dict[str, Any]:
    """List companies, newest first"""
    return cursors.turn("companies", query, _page)


@blueprint.post("/companies")
@blueprint.arguments(schemas.NewCompany, example=examples.NEW_COMPANY)
@blueprint.response(201, schemas.Company, example=examples.COMPANY, headers=examples.MADE_HEADERS)
def create_company(body: dict[str, Any]) -> Answer:
    """Add a company"""
    added = repeatable.once(lambda: companies.add(tenancy.session(), by=tenancy.actor(), **body).id, _get)
    return told(*added, under="companies")


@blueprint.get("/companies/<uuid:company_id>")
@blueprint.response(200, schemas.Company, example=examples.COMPANY, headers=examples.ETAG)
def get_company(company_id: UUID) -> tuple[Any, dict[str, str]]:
    """Get a company"""
    company = _get(company_id)
    return company, etag(company)


@blueprint.patch("/companies/<uuid:company_id>")
@blueprint.doc(conditional=True)
@blueprint.arguments(schemas.CompanyChange, example={"name": "Lee Imports GmbH"})
@blueprint.response(200, schemas.Company, example=examples.COMPANY, headers=examples.ETAG)
def change_company(body: dict[str, Any], company_id: UUID) -> Answer:
    """Change a company

    Say by `If-Match` with the ETag which state you have seen.
    """
    return told(*repeatable.once(lambda: _changed(company_id, body), _get, status=200))


def _get(company_id: UUID) -> Company:
    return companies.get(tenancy.session(), company_id)


def _changed(company_id: UUID, body: dict[str, Any]) -> UUID:
    company = _get(company_id)
    revision = expected(company)
    return companies.change(tenancy.session(), company, by=tenancy.actor(), revision=revision, **body).id


def _page(*, after: str | None, limit: int, search: str, external_id: str) -> Page[Company]:
    filters = CompanyFilters(search=search, external_id=external_id)
    return companies.list_companies(tenancy.session(), filters, after=after, limit=limit)
