"""`/suppressions/imports`: a list of addresses that nobody writes to, as a file."""

import hashlib
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from customers import suppressions_files as lists
from infra import long_jobs
from infra.errors import NotFound
from infra.ids import new_id
from infra.long_jobs import LongJob
from infra.storage import tenant_key
from web import tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1 import work
from web.schemas.api.examples import LOCATION
from web.schemas.api.work import BINARY, ERRORS_FILE, WORK_WITH_ERRORS, WorkWithErrors

blueprint = ApiBlueprint("suppression_imports", __name__, description="Lists of addresses that nobody writes to.")

Answer = tuple[dict[str, Any], int, dict[str, str]]

LIST = {
    "required": True,
    "description": "One address on each line, or in the first column of a CSV file; up to 20 MB.",
    "content": {"text/csv": {"schema": BINARY}, "application/octet-stream": {"schema": BINARY}},
}


@blueprint.post("/suppressions/imports")
@blueprint.doc(requestBody=LIST)
@blueprint.response(202, WorkWithErrors, example=WORK_WITH_ERRORS, headers=LOCATION)
def import_suppressions() -> Answer:
    """Put a list of addresses on the list

    It is done in the background; ask for the import until it is `done`. What stands there already stays as it is,
    and lines that hold no address are told as errors.
    """
    content = request.stream.read(lists.LARGEST + 1)
    lists.check_size(len(content))
    digest = hashlib.sha256(content).digest()
    row, status, headers = repeatable.made(
        repeatable.once(lambda: _begun(content), _get, status=202, digest=digest), "suppressions/imports"
    )
    return work.told(row), status, headers


@blueprint.get("/suppressions/imports/<uuid:list_import_id>")
@blueprint.response(200, WorkWithErrors, example=WORK_WITH_ERRORS)
def get_suppression_import(list_import_id: UUID) -> dict[str, Any]:
    """Get how far such an import is"""
    return work.told(_get(list_import_id))


@blueprint.get("/suppressions/imports/<uuid:list_import_id>/errors")
@blueprint.doc(responses=ERRORS_FILE)
@blueprint.response(200)
def get_suppression_import_errors(list_import_id: UUID) -> Response:
    """Download the lines that hold no address

    With their numbers and why. 404 where there are none.
    """
    return work.errors_of(_get(list_import_id))


def _begun(content: bytes) -> UUID:
    place = tenant_key(tenancy.tenant(), "suppressions", new_id().hex)
    tenancy.services().storage.put(place, BytesIO(content), content_type="text/csv")
    return lists.start_import(tenancy.session(), place, by=tenancy.actor(), key=new_id().hex).id


def _get(import_id: UUID) -> LongJob:
    row = long_jobs.get_long_job(tenancy.session(), import_id)
    if row.kind != lists.import_list.name:
        raise NotFound()
    return row
