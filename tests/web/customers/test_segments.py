"""Segments as pages: a rule is built with and without scripts, counted while it is built, saved, and used."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from customers import attributes, companies, people, topics, views
from customers.models import Person, Segment
from customers.segments import fields, verbs
from infra.long_jobs import LongJob
from tenants.permissions import SYSTEM
from tests.customers.segment_story import add, asks, make, rule
from tests.web.story import text_of
from web.console.customers import segment_rows

FORM = "/console/customers/segments"


def fields_of(page) -> dict[str, list[str]]:
    """Everything that a browser would send of the builder."""
    form = BeautifulSoup(page.text, "html.parser").find(id="segment-form")
    found: dict[str, list[str]] = {}
    for each in form.find_all(["input", "select"]):
        if each.name == "select":
            options = each.find_all("option")
            chosen = [o["value"] for o in options if o.has_attr("selected")]
            found.setdefault(each["name"], []).extend(
                chosen or ([] if each.has_attr("multiple") else [options[0]["value"]])
            )
        elif each.get("type") != "checkbox" or each.has_attr("checked"):
            found.setdefault(each["name"], []).append(each.get("value", ""))
    return found


def press(person, page, then, expect=200, **typed):
    """Presses a button of the builder after typing into some of its fields, as a browser without scripts."""
    sent = {**fields_of(page), **typed, "then": then}
    action = BeautifulSoup(page.text, "html.parser").find(id="segment-form")["action"]
    return person.send("POST", action, expect=expect, data=sent)


def test_a_rule_is_built_row_by_row_without_scripts_counted_and_saved(session, as_staff, acme):
    attributes.declare(
        session, by=SYSTEM, subject="person", label="Tier", type="choice", options=["Gold", "Silver"]
    )
    add(session, "Ann", nps=9, attributes={"tier": "gold"})
    add(session, "Bob", nps=9)
    editor = as_staff("editor").at(acme)
    page = editor.get("console.customers.new_segment")
    assert "Without a condition everybody fits." in text_of(page)
    page = press(editor, page, "add:r", **{"add.r": "attributes.tier", "name": "Golden promoters"})
    assert "Complete the conditions" in text_of(page)
    page = press(editor, page, "add:r", **{"r.0.value": "gold", "add.r": "nps"})
    page = press(editor, page, "stay", **{"r.1.operator": "between"})
    page = press(editor, page, "stay", **{"r.1.value": ["9", "10"]})
    assert "1 customer Counted at" in text_of(page)
    assert "Ann" in text_of(page)
    assert "Bob" not in text_of(page)
    press(editor, page, "save", expect=303)
    made = session.scalars(select(Segment)).one()
    conditions = [asks("attributes.tier", "any_of", ["gold"]), asks("nps", "between", [9, 10])]
    assert (made.name, made.rule) == ("Golden promoters", rule(*conditions))
    page = editor.get("console.customers.segment", made)
    page = press(editor, page, "group:r")
    page = press(editor, page, "add:r.2", **{"add.r.2": "language"})
    page = press(editor, page, "drop:r.0", **{"r.2.0.value": "de", "r.2.match": "none"})
    press(editor, page, "save", expect=303)
    session.refresh(made)
    inner = rule(asks("language", "any_of", ["de"]), match="none")
    assert made.rule == rule(asks("nps", "between", [9, 10]), inner)


def test_what_is_wrong_stands_beside_its_row_and_what_was_typed_comes_back(session, as_staff, acme):
    editor = as_staff("editor").at(acme)
    page = press(editor, editor.get("console.customers.new_segment"), "add:r", **{"add.r": "nps"})
    page = press(editor, page, "save", expect=422, **{"r.0.value": "many"})
    soup = BeautifulSoup(page.text, "html.parser")
    assert soup.find("input", attrs={"name": "r.0.value"})["value"] == "many"
    assert "Write a number" in soup.find(id="e-r-0").text
    assert "Give the segment a name" in soup.find(id="f-name-error").text


def test_a_company_is_chosen_by_its_name(session, as_staff, acme):
    lee = companies.add(session, by=SYSTEM, name="Lee GmbH")
    people.add(session, by=SYSTEM, name="Ann", company_id=lee.id)
    session.flush()
    editor = as_staff("editor").at(acme)
    page = press(editor, editor.get("console.customers.new_segment"), "add:r", **{"add.r": "company"})
    page = press(editor, page, "stay", **{"r.0.name": "Nobody Ltd"})
    assert "There is no such company." in text_of(page)
    page = press(editor, page, "stay", **{"r.0.name": "lee gmbh"})
    assert "1 customer Counted" in text_of(page)
    assert fields_of(page)["r.0.value"] == [str(lee.id)]


def test_the_count_alone_is_asked_while_somebody_types(session, as_staff, acme):
    add(session, "Ann", nps=9)
    analyst = as_staff("analyst").at(acme)
    sent = {"r.match": "all", "r.0.field": "nps", "r.0.operator": "at_least", "r.0.value": "9"}
    part = analyst.post("console.customers.count_fitting", data=sent, expect=200)
    assert "<html" not in part.text
    assert "1 customer Counted at" in text_of(part)
    assert "Complete" in text_of(
        analyst.post("console.customers.count_fitting", data={**sent, "r.0.value": "x"}, expect=200)
    )


def test_every_field_is_counted_while_a_rule_is_built(session, as_staff, acme):
    """Each with its first operator and a value of its shape, as the form sends them."""
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=SYSTEM)
    attributes.declare(session, by=SYSTEM, subject="person", label="Roast", type="number")
    make(session, asks("nps", "at_least", 9), name="Happy")
    add(session, "Ann", nps=9)
    analyst = as_staff("analyst").at(acme)
    usual = {"text": "a", "number": "1", "numbers": ["1", "2"], "day": "2026-01-01", "count": "3", "truth": "yes"}
    usual["days"] = ["2026-01-01", "2026-02-01"]
    for code, field in fields.catalogue(session).items():
        operator, shape = next((name, shape) for name, shape in field.shapes.items() if shape)
        values = usual.get(shape) or [each for each, _ in segment_rows.choices_of(field, [])][:1]
        sent = {"r.match": "all", "r.0.field": code, "r.0.operator": operator, "r.0.value": values}
        part = text_of(analyst.post("console.customers.count_fitting", data=sent, expect=200))
        assert "Counted at" in part or code == "company", (code, part)


def test_who_only_reads_sees_the_rule_in_words(session, as_staff, acme):
    happy = make(session, asks("nps", "between", [9, 10]), asks("last_contact_at", "beyond", 90), name="Happy")
    shown = text_of(as_staff("analyst").at(acme).get("console.customers.segment", happy))
    assert "NPS score is between 9 – 10" in shown
    assert "Last contact not in the last (days) 90" in shown
    assert "Save segment" not in shown


def test_the_second_of_two_who_save_at_once_is_told(session, as_staff, acme):
    happy, editor = make(session, asks("nps", "at_least", 9), name="Happy"), as_staff("editor").at(acme)
    page = editor.get("console.customers.segment", happy)
    verbs.change(session, happy, by=SYSTEM, name="Happier")
    back = press(editor, page, "save", expect=409, **{"r.0.value": "8"})
    assert "Somebody else has changed this segment" in text_of(back)
    press(editor, back, "save", expect=303)
    session.refresh(happy)
    assert (happy.name, happy.rule) == ("Happy", rule(asks("nps", "at_least", 8)))


def test_the_list_of_segments_counts_when_it_is_asked(session, as_staff, acme):
    happy, analyst = make(session, asks("nps", "at_least", 9), name="Happy"), as_staff("analyst").at(acme)
    add(session, "Ann", nps=9)
    assert "Happy By a rule Count Happy" in text_of(analyst.get("console.customers.segment_list"))
    cell = analyst.get("console.customers.count_segment", happy, headers={"HX-Request": "true"})
    assert text_of(cell).startswith("1 ")
    analyst.get("console.customers.count_segment", happy, expect=302)
    assert "Happy By a rule 1 " in text_of(analyst.get("console.customers.segment_list"))


def test_a_narrowed_list_becomes_a_segment_and_a_segment_narrows_the_list(session, as_staff, acme):
    attributes.declare(session, by=SYSTEM, subject="person", label="Tier", type="choice", options=["Gold"])
    add(session, "Ann", nps=9, attributes={"tier": "gold"}, language="de")
    add(session, "Bob", nps=9, language="de")
    editor = as_staff("editor").at(acme)
    narrowed = "?language=de&a.tier=gold&score=promoters&contact=beyond:30"
    shown = editor.get(f"/console/customers{narrowed}")
    link = BeautifulSoup(shown.text, "html.parser").find("a", string="Make a segment of these filters")
    page = editor.get(link["href"])
    assert "1 customer Counted at" in text_of(page)
    press(editor, page, "save", expect=303, name="From the list")
    made = session.scalars(select(Segment)).one()
    asked = editor.get(f"/console/customers?segment={made.id}")
    assert "Ann" in text_of(asked)
    assert "Bob" not in text_of(asked)
    assert "Segment: From the list" in text_of(asked)
    views.save(session, by=SYSTEM, name="A view of it", query={"segment": str(made.id)}, shared=True)
    session.flush()
    assert "A view of it" in text_of(editor.get("console.customers.segment_deletion", made))
    assert "A view of it" in text_of(editor.post("console.customers.delete_segment", made, expect=409))


def test_a_segment_is_copied_archived_brought_back_and_deleted(session, as_staff, acme):
    happy, editor = make(session, asks("nps", "at_least", 9), name="Happy"), as_staff("editor").at(acme)
    editor.post("console.customers.duplicate_segment", happy)
    assert {each.name for each in verbs.list_segments(session)} == {"Happy", "Happy (copy)"}
    editor.post("console.customers.archive_segment", happy)
    assert "Happy" in text_of(editor.get("/console/customers/segments?show=archived"))
    editor.post("console.customers.restore_segment", happy)
    editor.post("console.customers.delete_segment", happy)
    assert [each.name for each in verbs.list_segments(session)] == ["Happy (copy)"]


@pytest.mark.parametrize("start", ["segment", "chosen"])
def test_freezing_begins_once_however_often_it_is_clicked(session, as_staff, acme, start):
    ann, editor = add(session, "Ann", nps=9), as_staff("editor").at(acme)
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    if start == "segment":
        page = editor.get("console.customers.freezing_segment", happy)
        action = "/freezing"
    else:
        page = editor.post(
            "console.customers.choose_bulk", data={"verb": "segment", "ids": str(ann.id)}, expect=200
        )
        action = "/bulk/jobs"
    refused = editor.submit(page, action, expect=409, name="happy")
    assert "already has this name" in text_of(refused)
    first = editor.submit(refused, action, name="Happy in May")
    again = editor.submit(refused, action, name="Happy in May")
    assert first.location == again.location
    assert [work.kind for work in session.scalars(select(LongJob))] == ["customers.segment"]
    frozen = verbs.find_named(session, "Happy in May")
    assert (frozen.kind, frozen.frozen_at) == ("frozen", None)
    assert "are being written down" in text_of(editor.get("console.customers.segment", frozen))
    assert "still being filled" in text_of(editor.get(f"/console/customers?segment={frozen.id}", expect=409))
    assert session.get(Person, ann.id) is ann
    other = editor.submit(refused, action, name="Happy in June")
    assert other.location != first.location
    assert verbs.find_named(session, "Happy in June") is not None
