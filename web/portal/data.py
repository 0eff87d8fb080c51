"""`/portal/data`: everything that is held about somebody, page by page or as one file."""

from uuid import UUID

from flask import Response, render_template, request, send_file

from customers.portal import download as files
from customers.portal import erasure, parts, throttle
from infra.clock import now
from infra.errors import NotFound
from tenants import audit
from web import tenancy
from web.portal import entry
from web.portal.blueprint import blueprint

FEW, MANY = 3, 50
"""Rows of a part on the first page, and on a page of its own."""


@blueprint.get("/data")
def data() -> str:
    """All parts with their newest rows."""
    db, person = tenancy.session(), entry.me()
    audit.record_reading(db, "portal.data_viewed", by=tenancy.actor(), subject=person.id)
    whose = parts.about(db, person)
    return render_template(
        "portal/data.html",
        pages=[parts.read(db, part, whose, limit=FEW) for part in parts.all_parts()],
        in_words=parts.in_words,
        request_open=erasure.find_open(db, person),
        here="data",
    )


@blueprint.get("/data/parts/<part_code>")
def data_part(part_code: str) -> str:
    """One part in full, newest first."""
    db, person = tenancy.session(), entry.me()
    part = next((each for each in parts.all_parts() if each.code == part_code), None)
    if part is None:
        raise NotFound()
    audit.record_reading(db, "portal.data_viewed", by=tenancy.actor(), subject=person.id)
    page = parts.read(db, part, parts.about(db, person), after=_after(), limit=MANY)
    return render_template("portal/data_part.html", page=page, in_words=parts.in_words, here="data")


@blueprint.post("/data/file")
def download() -> Response:
    """Everything as a ZIP, made before it is sent: no transaction waits for a slow line, nor for storage.

    Who asks too often is told so before anything is read.
    """
    throttle.count_download(tenancy.session(), entry.me().id)
    tenancy.checkpoint()
    package = files.make(tenancy.session(), entry.me())
    tenancy.checkpoint()
    file = files.complete(tenancy.services().storage, package)
    name = f"{tenancy.tenant().slug}-{now():%Y-%m-%d}.zip"
    answer = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _after() -> UUID | None:
    try:
        return UUID(request.args["after"]) if "after" in request.args else None
    except ValueError:
        raise NotFound() from None
