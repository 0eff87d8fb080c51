"""`/people/changes`: the same change to many customers, in the background."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from customers import bulk
from customers.attributes import list_attributes
from customers.errors import AttributeInvalid, CompanyNotFound
from customers.selection import Selection
from customers.typed import UNDECLARED
from infra import long_jobs
from infra.errors import Invalid, NotFound
from infra.i18n import gettext
from infra.ids import new_id
from infra.long_jobs import LongJob
from web import tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1 import work
from web.api.v1.people import filters_of
from web.schemas.api import people_changes as schemas
from web.schemas.api.examples import LOCATION
from web.schemas.api.work import ERRORS_FILE, WORK_WITH_ERRORS, WorkWithErrors

blueprint = ApiBlueprint("people_changes", __name__, description="The same change to many customers.")

Answer = tuple[dict[str, Any], int, dict[str, str]]

KINDS = frozenset({bulk.set_attribute.name, bulk.set_company.name})


@blueprint.post("/people/changes")
@blueprint.arguments(schemas.PeopleChange, example=schemas.CHANGE)
@blueprint.response(201, WorkWithErrors, example=WORK_WITH_ERRORS, headers=LOCATION)
def change_people(body: dict[str, Any]) -> Answer:
    """Change many customers alike

    An attribute or the company, set or taken away. It is done in the background; ask for the change until it is
    `done`. Whoever is so already is left, and each who is changed is told as `person.changed`.
    """
    row, status, headers = repeatable.made(repeatable.once(lambda: _begun(body).id, _get), "people/changes")
    return work.told(row), status, headers


@blueprint.get("/people/changes/<uuid:change_id>")
@blueprint.response(200, WorkWithErrors, example=WORK_WITH_ERRORS)
def get_people_change(change_id: UUID) -> dict[str, Any]:
    """Get how far such a change is"""
    return work.told(_get(change_id))


@blueprint.get("/people/changes/<uuid:change_id>/errors")
@blueprint.doc(responses=ERRORS_FILE)
@blueprint.response(200)
def get_people_change_errors(change_id: UUID) -> Response:
    """Download the ids that are nobody's

    404 where there are none.
    """
    return work.errors_of(_get(change_id))


def _begun(body: dict[str, Any]) -> LongJob:
    session = tenancy.session()
    asked: dict[str, Any] = {"by": tenancy.actor(), "key": new_id().hex}
    if "ids" in body:
        meant = Selection(ids=tuple(body["ids"]))
    else:
        meant = Selection(filters=filters_of(body["filters"]))
    if "company_id" in body:
        try:
            return bulk.start_company(session, meant, body["company_id"], **asked)
        except CompanyNotFound as missing:
            raise Invalid(problems={"company_id": [missing.message]}) from missing
    known = {each.code: each for each in list_attributes(session, "person")}
    if body["attribute"] not in known:
        raise AttributeInvalid(problems={"attribute": [gettext(UNDECLARED)]})
    return bulk.start_attribute(session, meant, known[body["attribute"]].id, body["value"], **asked)


def _get(change_id: UUID) -> LongJob:
    row = long_jobs.get_long_job(tenancy.session(), change_id)
    if row.kind not in KINDS:
        raise NotFound()
    return row
