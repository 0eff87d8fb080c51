"""Files of people: sent, their columns said, checked, imported, undone. Each step is a page that can be left."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import people
from customers.imports import columns, files, verbs, work
from customers.imports.errors import FileRefused
from customers.models import Import
from infra.errors import Invalid
from infra.i18n import N_, gettext
from infra.pages import CursorInvalid, decode, encode
from infra.uploads import UploadRefused
from tenants import staff
from web import tenancy
from web.console import jobs
from web.console.customers import frame
from web.forms import Form
from web.schemas.imports import MappingForm

blueprint = Blueprint("imports", __name__)

Page = str | Response | tuple[str, int]

NO_FILE = N_("Choose a file.")
SAMPLES = 3
SHOWN_LEFT = 50
LISTED = 50
STATES = {
    "uploaded": N_("Columns to be said"),
    "checking": N_("Being checked"),
    "checked": N_("Checked"),
    "importing": N_("Being imported"),
    "done": N_("Imported"),
    "undoing": N_("Being undone"),
    "undone": N_("Undone"),
}
TONES = {"done": "good", "checking": "info", "importing": "info", "undoing": "info", "checked": "watch"}


@blueprint.get("")
def import_list() -> Page:
    """Send a file, and what became of earlier ones."""
    return _index(Form())


@blueprint.post("")
def create() -> Page:
    """Looks at the file and stores it; the page of its columns is the next one."""
    form, sent = Form(), request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid(problems={"file": [NO_FILE]})
        with files.kept(sent.stream) as path:
            kept = files.receive(tenancy.services().storage, tenancy.tenant(), path)
    except (FileRefused, UploadRefused) as refused:
        form.problems, form.status = {"file": [refused]}, 422
        return _index(form)
    except Invalid as invalid:
        form.refuse(invalid)
        return _index(form)
    made = verbs.begin(tenancy.session(), *kept, filename=sent.filename, by=tenancy.actor())
    return redirect(url_for(".mapping", import_id=made.id), 303)


@blueprint.get("/<uuid:import_id>/columns")
def mapping(import_id: UUID) -> Page:
    """What each column is, guessed or remembered, beside what stands in it."""
    found = _the_import(import_id)
    if found.state not in verbs.CHANGEABLE or found.file_key is None:
        return redirect(url_for(".show", import_id=found.id))
    said = {f"consent_{name}": value for name, value in found.options.get("consent", {}).items()}
    return _mapping(Form({"policy": found.policy, "column": found.mapping, **said}), found)


@blueprint.post("/<uuid:import_id>/columns")
def choose(import_id: UUID) -> Page:
    """Takes the columns and begins the check."""
    found, form = _the_import(import_id), Form.submitted(MappingForm)
    chosen = form.values.get("column", [])
    session, by = tenancy.session(), tenancy.actor()
    said = {name: form.value(f"consent_{name}") for name in ("origin", "text_version", "given_on")}
    asked: dict[str, Any] = {"policy": form.value("policy") or "update", "options": {"consent": said}, "by": by}
    if form.attempt(lambda typed: verbs.choose(session, found, chosen, **asked)):
        return redirect(url_for(".show", import_id=found.id), 303)
    return _mapping(form, found)


@blueprint.get("/<uuid:import_id>")
def show(import_id: UUID) -> Page:
    """How far it is: what the check says, what was imported, what undoing left."""
    return _show(_the_import(import_id), Form())


@blueprint.post("/<uuid:import_id>/run")
def start(import_id: UUID) -> Page:
    """Begins the import; a second click begins nothing."""
    found, form = _the_import(import_id), Form()
    if form.attempt(lambda typed: verbs.start(tenancy.session(), found, by=tenancy.actor())):
        return redirect(url_for(".show", import_id=found.id), 303)
    return _show(found, form)


@blueprint.get("/<uuid:import_id>/undoing")
def undoing(import_id: UUID) -> Page:
    """What undoing does, before it is done."""
    found = _the_import(import_id)
    if not verbs.may_undo(found):
        return redirect(url_for(".show", import_id=found.id))
    return render_template("console/customers/imports/undoing.html", imported=found)


@blueprint.post("/<uuid:import_id>/undoing")
def undo(import_id: UUID) -> Page:
    """Begins to take everything back."""
    found, form = _the_import(import_id), Form()
    if form.attempt(lambda typed: verbs.undo(tenancy.session(), found, by=tenancy.actor())):
        return redirect(url_for(".show", import_id=found.id), 303)
    return _show(found, form)


def _the_import(import_id: UUID) -> Import:
    return verbs.get(tenancy.session(), import_id)


def _after() -> UUID | None:
    """Behind which the list goes on; whatever else the address names begins it anew."""
    try:
        return decode(request.args.get("after"))
    except CursorInvalid:
        return None


def _index(form: Form) -> tuple[str, int]:
    session = tenancy.session()
    after = _after()
    rows = verbs.list_imports(session, after=after, limit=LISTED + 1)
    found, more = rows[:LISTED], len(rows) > LISTED
    names = {each: staff.name_of(session, each) for each in {row.created_by for row in found} if each is not None}
    shown = {"form": form, "imports": found, "names": names, "states": STATES, "tones": TONES}
    shown |= {"after": after, "next_id": encode(found[-1].id) if more else None}
    sections = frame.sections("import_list")
    limit = files.LARGEST
    page = render_template("console/customers/imports/index.html", limit=limit, sections=sections, **shown)
    return page, form.status


def _mapping(form: Form, found: Import) -> tuple[str, int]:
    session, by = tenancy.session(), tenancy.actor()
    meanings = [(code, gettext(label)) for code, label in verbs.meanings(session, by=by)]
    key, form_of = found.file_key or "", dict(found.format)
    headings = [each or gettext("Column %(number)s", number=at + 1) for at, each in enumerate(found.headers)]
    tenancy.checkpoint()  # no connection is held while the file is fetched
    rows = files.sample(tenancy.services().storage, key, form_of)
    samples = [
        list(dict.fromkeys(row[at][:60] for row in rows if at < len(row) and row[at].strip()))[:SAMPLES]
        for at in range(len(headings))
    ]
    chosen = form.values.get("column") or found.mapping
    shown: dict[str, Any] = {"form": form, "imported": found, "meanings": [("", gettext("Leave out")), *meanings]}
    columns_shown = list(zip(headings, samples, [*chosen, *[""] * len(headings)], strict=False))
    page = render_template("console/customers/imports/mapping.html", columns=columns_shown, **shown)
    return page, form.status


def _show(found: Import, form: Form) -> tuple[str, int]:
    session = tenancy.session()
    row = verbs.job_of(session, found)
    ids = list(people.canonical_ids(session, [UUID(each) for each in found.left[:SHOWN_LEFT]]).values())
    shown = {
        "form": form,
        "imported": found,
        "job": jobs.shown(row) if row is not None else None,
        "wrong": [(number, work.reasons(problems, found.headers)) for number, problems in found.wrong],
        "left": [(each, people.display_name(people.get(session, each))) for each in ids],
        "may_undo": verbs.may_undo(found) and not (row is not None and row.is_unfinished),
        "undo_until": found.begun_at + verbs.UNDO_FOR if found.begun_at else None,
        "new_columns": [
            found.headers[at] for at, meaning in enumerate(found.mapping) if meaning.startswith(columns.NEW)
        ],
        "state": (STATES[found.state], TONES.get(found.state, "")),
    }
    return render_template("console/customers/imports/import.html", **shown), form.status
