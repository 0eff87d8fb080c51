"""Addresses that nobody writes to: search by the exact address, add, lift, import, export."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from customers import suppressions as register
from customers import suppressions_files as files
from customers.models import Suppression
from infra.crypto.columns import or_none
from infra.i18n import N_
from infra.ids import new_id
from infra.long_jobs import LongJob
from infra.pages import CursorInvalid
from infra.storage import tenant_key
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.consent import LiftForm, SuppressionForm, SuppressionsQuery
from web.schemas.jobs import FileForm, KeyForm, key_of

Page = str | Response | tuple[str, int]


@blueprint.get("/suppressions")
def suppressions() -> Page:
    """The list, narrowed by what stands in the address."""
    return _page(Form())


@blueprint.post("/suppressions")
def add_suppression() -> Page:
    """Puts an address on the list by hand."""
    form = Form.submitted(SuppressionForm)
    if form.attempt(
        lambda typed: register.add(
            tenancy.session(),
            typed["email"],
            kind="manual",
            source="staff",
            reason=typed["reason"],
            by=tenancy.actor(),
        )
    ):
        flash(N_("The address is on the list. Nobody writes to it any more."))
        return redirect(url_for(".suppressions"), 303)
    return _page(form)


@blueprint.get("/suppressions/<uuid:suppression_id>")
def suppression(suppression_id: UUID) -> Page:
    """How an address came onto the list, and the way off it."""
    return _entry_page(register.get(tenancy.session(), suppression_id), Form())


@blueprint.post("/suppressions/<uuid:suppression_id>/lifting")
def lift_suppression(suppression_id: UUID) -> Page:
    """The address may be written to again; why is kept."""
    found, form = register.get(tenancy.session(), suppression_id), Form.submitted(LiftForm)
    if form.attempt(lambda typed: register.lift(tenancy.session(), found, by=tenancy.actor(), **typed)):
        flash(N_("The address may be written to again."))
        return redirect(url_for(".suppressions"), 303)
    return _entry_page(found, form)


@blueprint.post("/suppressions/imports")
def import_suppressions() -> Page:
    """Stores the list and begins the work; its page is the next one."""
    form = Form.submitted(KeyForm)
    if form.attempt(lambda typed: _imported(typed["key"])):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return _page(form)


@blueprint.post("/suppressions/exports")
def export_suppressions() -> Page:
    """A file of all of them, as long work."""
    form = Form.submitted(FileForm)
    if form.attempt(lambda typed: files.start_export(tenancy.session(), by=tenancy.actor(), **typed)):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return _page(form)


def _imported(key: str) -> LongJob:
    given = request.files.get("file")
    content = given.stream.read(files.LARGEST + 1) if given is not None else b""
    files.check_size(len(content))
    key = key_of(key, content)
    place = tenant_key(tenancy.tenant(), "suppressions", new_id().hex)
    tenancy.services().storage.put(place, BytesIO(content), content_type="text/csv")
    return files.start_import(tenancy.session(), place, by=tenancy.actor(), key=key)


def _page(form: Form) -> tuple[str, int]:
    try:
        query: dict[str, Any] = SuppressionsQuery().load(request.args)
    except ValidationError:
        query = SuppressionsQuery().load({})
    session = tenancy.session()
    filters = register.Filters(query["q"].strip(), query["kind"], bool(query["lifted"]))
    try:
        found = register.list_suppressions(session, filters, after=query["after"])
    except CursorInvalid:
        found = register.list_suppressions(session, filters)
    page = render_template(
        "console/settings/suppressions.html",
        form=form,
        page=found,
        total=register.count(session, filters),
        query=query,
        narrowed={name: value for name, value in query.items() if value and name != "after"},
        emails={each.id: _email(each) for each in found.items},
        kinds=register.NAMES,
        sources=register.SOURCES,
        key=new_id().hex,
    )
    return page, form.status


def _entry_page(found: Suppression, form: Form) -> tuple[str, int]:
    page = render_template(
        "console/settings/suppression.html",
        form=form,
        entry=found,
        reason=register.say(found.reason),
        email=_email(found),
        kinds=register.NAMES,
        sources=register.SOURCES,
    )
    return page, form.status


def _email(entry: Suppression) -> str | None:
    return or_none(lambda: entry.email)
