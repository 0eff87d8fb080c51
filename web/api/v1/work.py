"""How long work is shown to programs."""

from typing import Any

from werkzeug.wrappers import Response

from infra.errors import NotFound
from infra.long_jobs import LongJob
from tenants import audit
from web import files, tenancy

SHOWN = ("id", "state", "done", "total", "reason", "created_at", "ended_at")


def shown(row: LongJob) -> dict[str, Any]:
    """The work as its schema takes it."""
    return {name: getattr(row, name) for name in SHOWN}


def told(row: LongJob) -> dict[str, Any]:
    """The work with how much of it could not be done."""
    return {**shown(row), "errors": row.errors}


def errors_of(row: LongJob) -> Response:
    """The file of what could not be done. Raises NotFound where there is none."""
    if row.errors_key is None:
        raise NotFound()
    by = tenancy.actor()
    audit.record(tenancy.session(), "background_job.downloaded", by=by, subject=row.id, kind=row.kind or "")
    return files.stored(row.errors_key, "errors.csv", "text/csv")
