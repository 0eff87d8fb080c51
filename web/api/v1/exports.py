"""`/exports`: lists as CSV or XLSX, prepared as long work and fetched when they are there."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from customers import exports, suppressions_files
from customers.companies import CompanyFilters
from customers.selection import Selection
from infra import long_jobs
from infra.errors import Conflict, NotFound
from infra.i18n import N_, current_locale
from infra.ids import new_id
from infra.long_jobs import LongJob
from tenants import audit, branding
from web import files, tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1 import work
from web.api.v1.people import filters_of
from web.schemas.api import exports as schemas
from web.schemas.api.examples import LOCATION
from web.schemas.api.work import FILES

blueprint = ApiBlueprint("exports", __name__, description="Lists as files.")

Answer = tuple[Any, int, dict[str, str]]

KINDS = frozenset({exports.people_csv.name, exports.companies_file.name})


class ExportNotReady(Conflict):
    """The file is not there yet, or its work did not come to its end."""

    code = "export_not_ready"
    message = N_("This file is not ready. Ask for the export until its state is done.")


@blueprint.post("/people/exports")
@blueprint.arguments(schemas.PeopleFile, example=schemas.NEW_PEOPLE)
@blueprint.response(202, schemas.Export, example=schemas.EXPORT, headers=LOCATION)
def export_people(body: dict[str, Any]) -> Answer:
    """Prepare a file of customers

    The filters are those of the list; `segment_id` gives the people of a segment. The file is kept for a week.
    """
    return _asked(lambda **asked: _people(body, **asked), body["format"])


@blueprint.post("/companies/exports")
@blueprint.arguments(schemas.CompaniesFile, example=schemas.NEW_COMPANIES)
@blueprint.response(202, schemas.Export, example=schemas.EXPORT, headers=LOCATION)
def export_companies(body: dict[str, Any]) -> Answer:
    """Prepare a file of companies"""
    filters = CompanyFilters(search=body["search"], external_id=body["external_id"])
    return _asked(lambda **asked: exports.start_companies(tenancy.session(), filters, **asked), body["format"])


@blueprint.get("/exports/<uuid:export_id>")
@blueprint.response(200, schemas.Export, example=schemas.EXPORT)
def get_export(export_id: UUID) -> dict[str, Any]:
    """Get how far an export is"""
    return _shown(_the_work(export_id))


@blueprint.get("/exports/<uuid:export_id>/file")
@blueprint.doc(responses={200: {"description": "The file.", "content": FILES}}, conflicts=True)
@blueprint.response(200)
def download_export(export_id: UUID) -> Response:
    """Download the file of an export

    409 `export_not_ready` until it is there, 404 when its week is over.
    """
    return _file(_the_work(export_id))


@blueprint.post("/suppressions/exports")
@blueprint.arguments(schemas.SuppressionsFile, example=schemas.NEW_COMPANIES)
@blueprint.response(202, schemas.Export, example=schemas.EXPORT, headers=LOCATION)
def export_suppressions(body: dict[str, Any]) -> Answer:
    """Prepare a file of the addresses that nobody writes to"""

    def perform() -> UUID:
        asked = {"key": new_id().hex, "form": body["format"]}
        return suppressions_files.start_export(tenancy.session(), by=tenancy.actor(), **asked).id

    return _answer(repeatable.once(perform, _the_list, status=202), "suppressions/exports")


@blueprint.get("/suppressions/exports/<uuid:list_export_id>")
@blueprint.response(200, schemas.Export, example=schemas.EXPORT)
def get_suppression_export(list_export_id: UUID) -> dict[str, Any]:
    """Get how far an export of these addresses is"""
    return _shown(_the_list(list_export_id))


@blueprint.get("/suppressions/exports/<uuid:list_export_id>/file")
@blueprint.doc(responses={200: {"description": "The file.", "content": FILES}}, conflicts=True)
@blueprint.response(200)
def download_suppression_export(list_export_id: UUID) -> Response:
    """Download the file of these addresses

    409 `export_not_ready` until it is there, 404 when its week is over.
    """
    return _file(_the_list(list_export_id))


def _people(body: dict[str, Any], **asked: Any) -> LongJob:
    return exports.start(tenancy.session(), Selection(filters=filters_of(body)), **asked)


def _asked(start: Any, form: str) -> Answer:
    def perform() -> UUID:
        session = tenancy.session()
        asked = {"key": new_id().hex, "locale": current_locale(), "zone": branding.get_settings(session).zone}
        row: LongJob = start(by=tenancy.actor(), form=form, **asked)
        return row.id

    return _answer(repeatable.once(perform, _the_work, status=202), "exports")


def _answer(done: tuple[LongJob, int, dict[str, str]], place: str) -> Answer:
    row, status, headers = repeatable.made(done, place)
    return _shown(row), status, headers


def _the_work(export_id: UUID) -> LongJob:
    return _of_kind(export_id, KINDS)


def _the_list(export_id: UUID) -> LongJob:
    return _of_kind(export_id, frozenset({suppressions_files.export_list.name}))


def _of_kind(export_id: UUID, kinds: frozenset[str]) -> LongJob:
    row = long_jobs.get_long_job(tenancy.session(), export_id)
    if row.kind not in kinds:
        raise NotFound()
    return row


def _file(row: LongJob) -> Response:
    if row.state != "done":
        raise ExportNotReady()
    if row.result_key is None:
        raise NotFound()
    by = tenancy.actor()
    audit.record(tenancy.session(), "background_job.downloaded", by=by, subject=row.id, kind=row.kind or "")
    return files.stored(row.result_key, row.filename or "export", row.result_type, row.result_bytes)


def _shown(row: LongJob) -> dict[str, Any]:
    return {
        **work.shown(row),
        "filename": row.filename or "",
        "bytes": row.result_bytes,
        "keep_until": row.keep_until,
    }
