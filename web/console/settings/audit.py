"""The audit log: what happened, newest first, one entry in detail, and a file of it all."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import Response as FileResponse
from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from infra import clock, long_jobs, sheets
from infra.i18n import current_locale, current_zone, use
from infra.ids import new_id
from tenants import audit
from tenants.audit import anchors, exports, names, queries, sealing
from tenants.audit.queries import Filters
from tenants.models import AuditSeal
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.errors import flatten
from web.schemas.audit import AuditFilters, AuditQuery
from web.schemas.jobs import FileForm

Page = str | Response | tuple[str, int]

PAGE_SIZE = 50
COUNTED = 10_000
"""Entries are counted up to here on a list; beyond, the page says "more than"."""
AT_ONCE = 5_000
"""Entries that are written while the browser waits; more become long work."""
SHOWN = ("category", "kind", "who", "about", "first", "last")
"""Filters as they stand in the address."""


@blueprint.get("/audit")
def audit_log() -> Page:
    """The entries, newest first, narrowed by what stands in the address."""
    query, problems = _asked()
    session, filters = tenancy.session(), _filters(query)
    page = queries.list_entries(session, filters, after=query["after"], limit=PAGE_SIZE)
    shown = {
        "page": page,
        "reading": names.read(session, page.items),
        "total": queries.count_entries(session, filters, most=COUNTED),
        "counted": COUNTED,
        "query": query,
        "problems": problems,
        "narrowed": _in_address(query),
        "people": list(queries.people(session)),
        "seals": _seals(),
        "waiting": sealing.count_unsealed(session),
        "key": new_id().hex,
    }
    known = {"kinds": audit.KINDS, "categories": audit.CATEGORIES, "label": names.label}
    answer = render_template("console/settings/audit.html", **known, **shown)
    return (answer, 422) if problems else answer


@blueprint.get("/audit/<uuid:entry_id>")
def audit_entry(entry_id: UUID) -> str:
    """One entry with all that is known of it, and what else was done with the same thing."""
    session = tenancy.session()
    entry = queries.get_entry(session, entry_id)
    about = audit.list_about(session, entry.subject_id) if entry.subject_id else []
    others = [each for each in about if each.id != entry.id]
    return render_template(
        "console/settings/audit_entry.html",
        entry=entry,
        kind=audit.KINDS.get(entry.action),
        categories=audit.CATEGORIES,
        reading=names.read(session, [entry]),
        code_words=names.code_words,
        seal=session.get(AuditSeal, entry.sealed_in) if entry.sealed_in else None,
        history=audit.told(session, others[:20]),
    )


@blueprint.post("/audit/export")
def export_audit() -> Page:
    """A file of all entries that fit: few at once, many as long work, whose page is the next one."""
    query: Mapping[str, Any] = AuditFilters().load(request.form)
    asked = FileForm().load(request.form)
    key, form = asked["key"], asked["form"]
    session, by, filters = tenancy.session(), tenancy.actor(), _filters(query)
    rows = queries.count_entries(session, filters, most=AT_ONCE + 1)
    ids = exports.to_ids(filters, locale=current_locale(), zone=current_zone().key, form=form)
    if rows <= AT_ONCE:
        audit.record(session, "audit.exported", by=by, rows=rows, **ids)
        return _at_once(filters, form)
    work = long_jobs.start(session, exports.audit_csv, by=by, key=key, filename=_filename(form), **ids)
    if not audit.list_about(session, work.id, limit=1):
        audit.record(session, "audit.exported", by=by, subject=work.id, rows=None, **ids)
    return redirect(url_for("console.jobs.job", job_id=work.id), 303)


def _at_once(filters: Filters, form: str) -> Response:
    locale, zone = current_locale(), current_zone()

    def produce(session: Session) -> Iterator[bytes]:
        with use(locale, zone.key):
            yield from exports.stream(session, filters, zone, form)

    answer = FileResponse(tenancy.streamed(produce), mimetype=sheets.TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=_filename(form))
    return answer


def _filename(form: str) -> str:
    return f"audit-log-{clock.now().astimezone(current_zone()):%Y-%m-%d}.{form}"


def _asked() -> tuple[Mapping[str, Any], dict[str, list[str]]]:
    """What the address asks for, and what is wrong with it; then everything is shown."""
    try:
        return AuditQuery().load({name: value for name, value in request.args.items() if value}), {}
    except ValidationError as refused:
        return AuditQuery().load({}), flatten(refused.messages)


def _filters(query: Mapping[str, Any]) -> Filters:
    return Filters(query["category"], query["kind"], query["who"], query["about"], query["since"], query["until"])


def _in_address(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(query[name]) for name in SHOWN if query[name]}


def _seals() -> anchors.SealState:
    with tenancy.services().db.control_session() as control:
        return anchors.state(control, tenancy.tenant().id)
