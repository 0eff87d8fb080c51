"""`/imports`: files of customers. A file is sent, then run: only checked, or checked and imported; and undone."""

import hashlib
from collections.abc import Mapping
from typing import IO, Any, cast
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from customers.imports import files, verbs, work
from customers.imports.errors import MappingInvalid
from customers.models import Import
from infra.errors import NotFound, RapportError
from infra.long_jobs import LongJob
from infra.pages import Page, decode, page
from tenants import audit
from web import files as stored
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1 import work as shown_work
from web.schemas.api import imports as schemas
from web.schemas.api.examples import LOCATION
from web.schemas.api.work import BINARY, FILES

blueprint = ApiBlueprint("imports", __name__, description="Customers from files.")

Answer = tuple[Any, int, dict[str, str]]

UPLOAD = {
    "required": True,
    "description": "The file itself, CSV or XLSX, up to 200 MB. What it is is seen in it.",
    "content": {**FILES, "application/octet-stream": {"schema": BINARY}},
}
ERRORS = {200: {"description": "The file.", "content": {"text/csv": {"schema": BINARY}}}}


@blueprint.get("/imports")
@blueprint.arguments(schemas.ImportQuery, location="query")
@blueprint.response(200, schemas.ImportPage, example=schemas.IMPORT_PAGE)
def list_imports(query: dict[str, Any]) -> dict[str, Any]:
    """List imports, newest first"""
    found = cursors.turn("imports", query, _page)
    jobs = verbs.jobs_of(tenancy.session(), found["items"])
    return {**found, "items": [_with_work(each, jobs.get(each.id)) for each in found["items"]]}


@blueprint.post("/imports")
@blueprint.doc(requestBody=UPLOAD)
@blueprint.arguments(schemas.FileQuery, location="query")
@blueprint.response(201, schemas.Import, example=schemas.IMPORT, headers=LOCATION)
def create_import(query: dict[str, Any]) -> Answer:
    """Send a file of customers

    Nothing is imported yet. The answer says which columns there are and what they probably mean.
    """
    storage, sent = tenancy.services().storage, Hashed(request.stream)
    tenancy.checkpoint()  # no connection is held while the file comes in
    with files.kept(cast("IO[bytes]", sent)) as path:
        key, form, headings = files.receive(storage, tenancy.tenant(), path)
    try:
        found, status, headers = repeatable.once(
            lambda: verbs.begin(tenancy.session(), key, form, headings, by=tenancy.actor(), **query).id,
            _get,
            digest=sent.digest(),
        )
    except RapportError:
        storage.delete(key)
        raise
    if headers:  # it came before; the first file is the one
        storage.delete(key)
    return _shown(found), status, {**headers, "Location": f"/api/v1/imports/{found.id}"}


@blueprint.get("/imports/<uuid:import_id>")
@blueprint.response(200, schemas.Import, example=schemas.IMPORT)
def get_import(import_id: UUID) -> dict[str, Any]:
    """Get an import"""
    return _shown(_get(import_id))


@blueprint.post("/imports/<uuid:import_id>/run")
@blueprint.arguments(schemas.RunImport, example=schemas.RUN)
@blueprint.response(202, schemas.Import, example=schemas.IMPORT)
def run_import(body: dict[str, Any], import_id: UUID) -> Answer:
    """Check a file and import it

    With `dry_run` it is only checked; calling again without anything else imports what was checked. What is wrong
    with a column is named as `mapping.<heading>`.
    """
    found, status, headers = repeatable.once(lambda: _run(_get(import_id), body), _get, status=202)
    return _shown(found), status, headers


@blueprint.get("/imports/<uuid:import_id>/errors")
@blueprint.doc(responses=ERRORS)
@blueprint.response(200)
def get_import_errors(import_id: UUID) -> Response:
    """Download the rows that could not be taken

    As they stood in the file, with the reason in a last column. 404 where there are none.
    """
    found, by = _get(import_id), tenancy.actor()
    row = verbs.job_of(tenancy.session(), found)
    if row is None or row.errors_key is None:
        raise NotFound()
    audit.record(tenancy.session(), "background_job.downloaded", by=by, subject=row.id, kind=row.kind or "")
    return stored.stored(row.errors_key, "errors.csv", "text/csv")


@blueprint.post("/imports/<uuid:import_id>/undo")
@blueprint.response(202, schemas.Import, example=schemas.IMPORT)
def undo_import(import_id: UUID) -> Answer:
    """Undo an import

    Who was added goes, who was changed becomes as before, consents that came with it are withdrawn. Whoever was
    changed since is left, and listed.
    """
    found, status, headers = repeatable.once(lambda: _undone(_get(import_id)), _get, status=202)
    return _shown(found), status, headers


class Hashed:
    """A stream that is hashed while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As the stream's."""
        piece = self._stream.read(size)
        self._hash.update(piece)
        return piece

    def digest(self) -> bytes:
        """SHA-256 of what was read."""
        return self._hash.digest()


def _get(import_id: UUID) -> Import:
    return verbs.get(tenancy.session(), import_id)


def _run(found: Import, body: Mapping[str, Any]) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    says_something = body.keys() - {"dry_run"}
    if not says_something and not body["dry_run"] and found.state in ("checked", "importing", "done"):
        verbs.start(session, found, by=by)
        return found.id
    try:
        if "remembered" in body:
            mapping = verbs.named(session, found, body["remembered"])
        else:
            mapping = verbs.by_headings(found, body["mapping"]) if "mapping" in body else list(found.mapping)
        verbs.choose(
            session,
            found,
            mapping,
            policy=body.get("policy", found.policy),
            by=by,
            options={"consent": _consent(found, body)},
            remember_as=body.get("remember_as", ""),
            then_run=not body["dry_run"],
        )
    except MappingInvalid as invalid:
        raise MappingInvalid(problems=_named(found, invalid.problems)) from invalid
    return found.id


def _consent(found: Import, body: Mapping[str, Any]) -> Mapping[str, Any]:
    said = body.get("consent")
    if said is None:
        return dict(found.options.get("consent", {}))
    return {**said, "given_on": said["given_on"].isoformat() if said["given_on"] else ""}


def _named(found: Import, problems: Mapping[str, Any]) -> dict[str, Any]:
    """Problems of columns by their headings, of consents by the field of the body."""
    columns = {f"column_{at}": f"mapping.{heading}" for at, heading in enumerate(found.headers)}
    return {
        columns.get(name) or (name or "mapping").replace("consent_", "consent.", 1): said
        for name, said in problems.items()
    }


def _undone(found: Import) -> UUID:
    verbs.undo(tenancy.session(), found, by=tenancy.actor())
    return found.id


def _page(*, after: str | None, limit: int) -> Page[Import]:
    rows = verbs.list_imports(tenancy.session(), after=decode(after), limit=limit + 1)
    return page(rows, limit, [row.id for row in rows])


def _shown(found: Import) -> dict[str, Any]:
    return _with_work(found, verbs.job_of(tenancy.session(), found))


def _with_work(found: Import, row: LongJob | None) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("id", "filename", "state", "policy", "rows", "created_at")},
        "counts": dict(found.counts),
        "left": list(found.left),
        "headings": list(found.headers),
        "mapping": {
            heading: meaning for heading, meaning in zip(found.headers, found.mapping, strict=False) if heading
        },
        "wrong": [
            {"row": number, "reason": work.reasons(problems, found.headers)} for number, problems in found.wrong
        ],
        "undo_until": found.begun_at + verbs.UNDO_FOR if found.begun_at and verbs.may_undo(found) else None,
        "report": found.made.get("report", {}),
        "work": shown_work.shown(row) if row is not None else None,
    }
