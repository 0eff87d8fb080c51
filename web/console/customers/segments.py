"""Segments as staff make them: the list with its counts, and one with its rule, built with a count beside it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers import companies, segments
from customers import people as register
from customers.models import Person
from customers.models.segments import FROZEN, Segment
from customers.revisions import revision_of
from customers.segments import counting, fields, rules, uses, verbs
from customers.segments.errors import RuleInvalid, SegmentBroken, SegmentFilling
from customers.segments.fields import Catalogue
from infra import clock
from infra.i18n import N_, gettext
from infra.ids import new_id
from tenants import audit
from web import tenancy
from web.auth import may
from web.console.customers import asked as asking
from web.console.customers import frame, segment_rows
from web.console.customers.blueprint import blueprint
from web.console.customers.segment_filters import rule_of
from web.console.customers.segment_rows import Typed
from web.console.customers.segment_words import in_words
from web.forms import Form
from web.schemas.customers import SegmentForm

Page = str | Response | tuple[str, int]
OFFERED = 200
"""Names of companies that a row suggests."""


@blueprint.get("/segments")
def segment_list() -> str:
    """Those in use with how many people they had when it was last counted, or those that are put away."""
    archived = request.args.get("show") == "archived"
    found = verbs.list_segments(tenancy.session(), archived=archived)
    return render_template(
        "console/customers/segments.html",
        found=found,
        archived=archived,
        sections=frame.sections("segment_list"),
        is_fresh=counting.is_fresh,
    )


@blueprint.get("/segments/new")
def new_segment() -> Page:
    """An empty rule; a list of people hands in what it is narrowed to."""
    typed = Typed(rule_of(asking.read(request.args)))
    return _page(Form({"name": request.args.get("name", "")[:120]}), typed, None)


@blueprint.post("/segments")
def create_segment() -> Page:
    """Adds a row, takes one away, or makes the segment: the pressed button says which."""
    form, typed = _submitted()
    if form.typed.get("then") == "save" and form.attempt(
        lambda given: verbs.create(tenancy.session(), by=tenancy.actor(), name=given["name"], rule=typed.rule)
    ):
        flash(N_("The segment is made."))
        return redirect(url_for(".segment", segment_id=form.result.id), 303)
    return _page(form, typed, None)


@blueprint.get("/segments/<uuid:segment_id>")
def segment(segment_id: UUID) -> Page:
    """One segment: its rule, how many are in it, and who a few of them are."""
    found = verbs.get(tenancy.session(), segment_id)
    return _page(Form({"name": found.name, "revision": revision_of(found)}), Typed(found.rule), found)


@blueprint.post("/segments/<uuid:segment_id>")
def save_segment(segment_id: UUID) -> Page:
    """As for a new one; of two who save at once the second is told."""
    session, found = tenancy.session(), verbs.get(tenancy.session(), segment_id)
    form, typed = _submitted()
    if found.kind == FROZEN:
        typed = Typed(found.rule)
    if form.typed.get("then") == "save" and form.attempt(
        lambda given: verbs.change(
            session,
            found,
            by=tenancy.actor(),
            name=given["name"],
            rule=None if found.kind == FROZEN else typed.rule,
            revision=given["revision"],
        )
    ):
        flash(N_("The changes are saved."))
        return redirect(url_for(".segment", segment_id=found.id), 303)
    if form.status == 409:  # pressing the button again is a decision
        session.refresh(found)
        form.values["revision"] = revision_of(found)
    return _page(form, typed, found)


@blueprint.post("/segments/count")
def count_fitting() -> str:
    """How many fit what the form holds at present, and a few of them: the part beside the rule."""
    typed = segment_rows.read(request.form, fields.catalogue(tenancy.session()))
    return render_template("console/customers/_segment_count.html", **_counted(typed))


@blueprint.get("/segments/<uuid:segment_id>/count")
def count_segment(segment_id: UUID) -> Page:
    """How many are in a segment: for its row in the list, and without JavaScript the list with it."""
    found, why_not = verbs.get(tenancy.session(), segment_id), ""
    try:
        counting.refresh(tenancy.session(), found)
    except (SegmentBroken, SegmentFilling) as refusal:
        why_not = gettext(refusal.message) % refusal.fields
    if "HX-Request" not in request.headers:
        return redirect(url_for(".segment_list"))
    return render_template("console/customers/_segment_cell.html", segment=found, refusal=why_not, fresh=True)


def _submitted() -> tuple[Form, Typed]:
    form = Form.submitted(SegmentForm)
    return form, segment_rows.read(request.form, fields.catalogue(tenancy.session()))


def _page(form: Form, typed: Typed, found: Segment | None) -> tuple[str, int]:
    session = tenancy.session()
    known = fields.catalogue(session)
    problems = {at.removeprefix("/rule"): each for at, each in form.problems.items() if at.startswith("/rule")}
    counted = _of_frozen(found) if found is not None and found.kind == FROZEN else _counted(typed, found)
    editable = may("segments.edit") and (found is None or found.kind != FROZEN)
    shown = {
        "form": form,
        "segment": found,
        "editable": editable,
        "box": segment_rows.boxes(typed, known, problems),
        "words": in_words(rules.load(typed.rule), known) if not editable else None,
        "offered": _offered(known, found),
        "matches": [(code, gettext(words)) for code, words in segment_rows.MATCHES],
        "few": segment_rows.FEW,
        "deepest": rules.DEPTH,
        "company_names": [each.name for each in companies.list_companies(session, limit=OFFERED).items],
        "uses": uses.used_by(session, found) if found is not None else [],
        "key": new_id().hex,
        **counted,
    }
    return render_template("console/customers/segment.html", **shown), form.status


def _counted(typed: Typed, found: Segment | None = None) -> dict[str, Any]:
    """How many fit, when that was, and a few of them; `incomplete` while a condition cannot be asked yet."""
    session = tenancy.session()
    try:
        rule = verbs.check(session, typed.rule, found, may_be_empty=True)
        people = segments.select_fitting(session, rule)
    except (RuleInvalid, SegmentBroken, SegmentFilling):
        return {"incomplete": True, "everybody": False, **_sample(())}
    count = counting.count_people(session, rule)
    if found is not None and typed.rule == found.rule:
        found.counted, found.counted_at = count, clock.now()
    sample = counting.sample(session, people)
    return {"incomplete": False, "everybody": not rule.parts, "count": count, "at": clock.now(), **_sample(sample)}


def _of_frozen(found: Segment) -> dict[str, Any]:
    if found.frozen_at is None:
        return {"incomplete": False, "filling": True, "everybody": False, **_sample(())}
    people = counting.sample(tenancy.session(), segments.select_people(tenancy.session(), found))
    return {
        "incomplete": False,
        "everybody": False,
        "count": found.counted,
        "at": found.counted_at,
        **_sample(people),
    }


def _sample(people: Sequence[Person]) -> dict[str, Any]:
    if people:
        audit.record_reading(tenancy.session(), "customers.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    return {"sample": people, "display_name": register.display_name}


def _offered(known: Catalogue, found: Segment | None) -> Mapping[str, list[tuple[str, str]]]:
    """What a new condition can ask for, by group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in known.values():
        if each.offered:
            groups.setdefault(gettext(each.group), []).append((each.code, each.name))
    return groups
