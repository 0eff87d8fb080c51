"""Customers who might be the same: pairs, two side by side, merged, taken apart, or said to be different."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies, duplicates, merging, people
from customers.attributes import list_attributes
from customers.merging import FIELDS
from customers.models import Person
from infra.i18n import N_, current_locale, gettext, language_name
from infra.ids import new_id
from web import tenancy
from web.console.customers import deeds, frame
from web.console.customers.likeness import words
from web.forms import Form

blueprint = Blueprint("duplicates", __name__)

Page = str | Response | tuple[str, int]

LABELS = {
    "name": N_("Name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "external_id": N_("External id"),
    "company_id": N_("Company"),
    "language": N_("Language"),
    "zone": N_("Time zone"),
}


@blueprint.get("/duplicates")
def pairs() -> Page:
    """The likeliest pairs, each with why."""
    session, after = tenancy.session(), request.args.get("after")
    page = duplicates.list_pairs(session, after=after)
    shown = [(person, found.person, words(found.why)) for person, found in page.items]
    named = {"total": duplicates.count_pairs(session), "display_name": people.display_name, "after": after}
    return render_template(
        "console/customers/duplicates/pairs.html",
        pairs=shown,
        next_cursor=page.next_cursor,
        sections=frame.sections("pairs"),
        key=new_id().hex,
        **named,
    )


@blueprint.post("/duplicates/searches")
def search() -> Page:
    """Looks for pairs among everybody, as long work."""
    key = request.form.get("key", "")[:64] or new_id().hex
    work = duplicates.start(tenancy.session(), by=tenancy.actor(), key=key)
    return redirect(url_for("console.jobs.job", job_id=work.id), 303)


@blueprint.get("/<uuid:person_id>/merge/<uuid:other_id>")
def compare(person_id: UUID, other_id: UUID) -> Page:
    """Two side by side, with the values that make sense already chosen."""
    return _compare(person_id, other_id, Form())


@blueprint.post("/<uuid:person_id>/merge/<uuid:other_id>")
def merge(person_id: UUID, other_id: UUID) -> Page:
    """Merges the other one into the person; the page of who stays is the next one."""
    kept, merged = _both(person_id, other_id)
    form = Form(dict(request.form))
    choices = deeds.choices(request.form)
    session, by = tenancy.session(), tenancy.actor()
    if form.attempt(lambda typed: merging.merge(session, kept.id, merged.id, by=by, choices=choices)):
        deeds.say_merged(N_("The two are one customer now. You can undo it for 30 days."))
        return redirect(url_for("console.customers.person", person_id=kept.id), 303)
    return _compare(person_id, other_id, form)


@blueprint.post("/<uuid:person_id>/merge/<uuid:other_id>/refusal")
def dismiss(person_id: UUID, other_id: UUID) -> Page:
    """Notes that the two are not the same."""
    kept, merged = _both(person_id, other_id)
    duplicates.dismiss(tenancy.session(), kept.id, merged.id, by=tenancy.actor())
    flash(N_("They are not offered as the same any more."))
    return redirect(url_for(".pairs"), 303)


@blueprint.post("/merges/<uuid:merge_id>/undoing")
def undo(merge_id: UUID) -> Page:
    """Takes a merge apart and says what stays with whom."""
    session, form = tenancy.session(), Form()
    made = merging.get(session, merge_id)
    form.attempt(lambda typed: merging.unmerge(session, made.id, by=tenancy.actor()))
    deeds.say_undone(form, _label)
    return redirect(url_for("console.customers.person", person_id=made.kept_id), 303)


def _both(person_id: UUID, other_id: UUID) -> tuple[Person, Person]:
    session = tenancy.session()
    return people.get(session, person_id), people.get(session, other_id)


def _compare(person_id: UUID, other_id: UUID, form: Form) -> Page:
    kept, merged = _both(person_id, other_id)
    if kept.id == merged.id:
        return redirect(url_for("console.customers.person", person_id=kept.id))
    chosen = merging.defaults(kept, merged) | {name: form.value(name) for name in form.values}
    rows = deeds.rows(_values(kept, merged), chosen, _label)
    shown = {"kept": kept, "merged": merged, "rows": rows, "display_name": people.display_name, "form": form}
    why = words(duplicates.why(kept.identity, merged.identity))
    return render_template("console/customers/duplicates/compare.html", why=why, **shown), form.status


def _values(kept: Person, merged: Person) -> list[tuple[str, str, str]]:
    session = tenancy.session()
    names = companies.names_of(session, [each for each in (kept.company_id, merged.company_id) if each])

    def text(person: Person, field: str) -> str:
        value = getattr(person.identity if field in merging.IDENTITY else person, field)
        if field == "company_id":
            return names.get(value, "") if value else ""
        if field == "language" and value:
            return language_name(value, current_locale())
        return value or ""

    found = [(field, text(kept, field), text(merged, field)) for field in FIELDS]
    for attribute in list_attributes(session, "person"):
        values = [frame.in_words(attribute, each.attributes.get(attribute.code)) for each in (kept, merged)]
        found.append((f"attributes.{attribute.code}", values[0], values[1]))
    return found


def _label(name: str) -> str:
    if name in LABELS:
        return gettext(LABELS[name])
    code = name.removeprefix("attributes.")
    known = {each.code: each.label for each in list_attributes(tenancy.session(), "person")}
    return known.get(code, code)
