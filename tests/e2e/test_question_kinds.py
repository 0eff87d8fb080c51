"""The further types of questions in a real browser: with its script and without, small and dark, read alike."""

import random
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from infra.db import TenantRef
from infra.services import Services
from surveys import pictures, publishing, surveys
from surveys.answers import compile_survey, normalise
from surveys.definition import parse
from surveys.definition.kinds.decimals import NotNumber, as_number, read_decimal
from surveys.models import Response
from tests.e2e.browser import Phone, Screen, Visitor
from tests.surveys.kinds import further
from tests.surveys.making import document, question, text

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

READ_NUMBERS = """async cases => {
  const { decimal } = await import(document.querySelector('script[src*="kinds.js"]').src);
  const read = ([text, point, group]) => decimal(text, point, group);
  return cases.map(read).map(number => number === undefined ? "none" : number);
}"""
READ_ALL = """() => {
  const form = document.querySelector("form[data-logic]"), found = {};
  for (const block of JSON.parse(form.dataset.logic).blocks) for (const q of block.questions) {
    const read = form.kinds.read[q.type];
    if (read) found[q.id] = read(document.getElementById(q.id), q) ?? null;
  }
  return found;
}"""


@pytest.fixture
def address(services: Services, own_tenant: TenantRef) -> str:
    """A survey with every type, open to any day, whose pictures are there."""
    source = further(title=text("All kinds of questions"))
    for asked in source["blocks"][0]["questions"]:
        asked.pop("earliest", None), asked.pop("latest", None)
    source["blocks"][0]["questions"][2]["earliest"] = "today-3"
    store_pictures(services, own_tenant, source)
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_document(session, "All kinds", source, zone="UTC")
        publishing.publish(session, survey)
        return survey.address


def store_pictures(services: Services, tenant: TenantRef, source: dict[str, Any]) -> None:
    """Makes a picture for each option that names one."""
    options = (o for block in source["blocks"] for asked in block["questions"] for o in asked.get("options", ()))
    for colour, option in zip(("teal", "orange"), (each for each in options if "picture" in each), strict=True):
        image = BytesIO()
        Image.new("RGB", (400, 300), colour).save(image, "PNG")
        image.seek(0)
        option["picture"]["file"] = pictures.store(services.storage, tenant, image).file


def finished(services: Services, tenant: TenantRef) -> Response:
    with services.db.tenant_session(tenant) as session:
        found = session.scalars(select(Response).where(Response.state == "finished")).one()
        session.expunge(found)
        return found


def on(page: Page) -> None:
    page.get_by_role("button", name="Continue").click()


def numbers() -> list[tuple[str, str, str]]:
    """What people might type, and much that nobody would."""
    dice = random.Random(11)
    marks = {"en": (".", ","), "de": (",", "."), "fr": (",", "\u202f"), "de-CH": (".", "’")}
    plain = [
        "",
        " ",
        "0",
        "-0",
        "1.234",
        "1,234",
        "1.234,5",
        "1,234.5",
        "1 234,5",
        "1’234.5",
        "1,23,456.7",
        "٣٫٥",
        "१२",
    ]
    found = [
        (each, *marks[locale]) for each in [*plain, "1e5", "−4", "+7", "1.2.3", "1,2,3", "…"] for locale in marks
    ]
    for _ in range(1_500):
        typed = "".join(dice.choice("0123456789..,, -'") for _ in range(dice.randint(1, 12)))
        found.append((typed, *marks[dice.choice(list(marks))]))
    return found


def told(typed: str, point: str, group: str) -> Any:
    try:
        number = read_decimal(typed, point, group)
    except NotNumber:
        return "none"
    return None if number is None else as_number(number)


def test_script_and_server_read_the_same_numbers(visitor: Visit, own_tenant: TenantRef, address: str) -> None:
    page = visitor(Phone).go(own_tenant.slug, f"/s/{address}")
    cases = numbers()

    read = page.evaluate(READ_NUMBERS, [list(case) for case in cases])

    assert len(cases) == len(read)
    assert [(case, a) for case, a in zip(cases, read, strict=True) if a != told(*case)] == []


def test_a_page_that_is_filled_in_says_the_same_to_script_and_server(
    visitor: Visit, services: Services, own_tenant: TenantRef, address: str
) -> None:
    person = visitor(Screen)
    page = person.go(own_tenant.slug, f"/s/{address}")
    page.locator("#q_count-i").fill("1,234.5")
    page.locator("#q_slide [type=range]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator("#q_date-i").fill(page.locator("#q_date-i").get_attribute("min") or "")
    page.locator("#q_clock-i").fill("09:30")
    page.locator("#q_both-i").fill("2026-11-20T10:00")
    person.stop_at("kinds-numbers")
    on(page)
    page.locator("#q_mail-i").fill("ann@example.org")
    page.locator("#q_phone-i").fill("+49 30 123456")
    page.get_by_label("Street and number").fill("Am Hang 1")
    page.get_by_label("City").fill("Berlin")
    person.stop_at("kinds-contact")
    on(page)
    page.get_by_role("radiogroup", name="price").first.get_by_label("good").check()
    page.get_by_role("group", name="web").get_by_label("used").check()
    page.get_by_role("group", name="web").get_by_label("seen").check()
    page.get_by_role("radiogroup", name="taste").nth(1).get_by_label("5").check(force=True)
    person.stop_at("kinds-tables")
    on(page)
    page.locator("[name='q_order.blue']").select_option("1")
    page.locator("[name='q_order.red']").select_option("2")
    page.locator("[name='q_order.red']").select_option("1")  # whoever had the place takes the other
    page.locator("[name='q_split.rent']").fill("60")
    page.locator("[name='q_split.food']").fill("30")
    expect(page.locator("output")).to_contain_text("10 left")
    on_last = page.get_by_role("button", name="Send answers")
    on_last.click()
    expect(page.get_by_text("Please enter whole numbers that add up to 100.")).to_be_visible()
    page.locator("[name='q_split.food']").fill("40")
    page.locator("[name=q_likely][value='3']").check(force=True)
    page.get_by_label("detractors").fill("Too slow")
    page.get_by_label("dog").check()
    page.get_by_label("Choose files").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a bill"}
    )
    expect(page.get_by_label("a.txt")).to_be_checked()
    person.stop_at("kinds-order")
    said = page.evaluate(READ_ALL)
    on_last.click()
    page.wait_for_url("**/thanks**")

    stored = finished(services, own_tenant)
    told_to_server = {**stored.answers, **stored.texts}
    assert stored.answers["q_order"] == {"red": 1, "blue": 2}
    assert (stored.nps, stored.texts["q_likely"]) == (3, "Too slow")
    assert stored.texts["q_proof"][0]["name"] == "a.txt"
    assert (stored.answers["q_slide"], stored.texts["q_count"]) == (said["q_slide"], "1234.5")
    assert said["q_count"] == 1234.5
    for name in ("date", "clock", "both", "mail", "where", "single", "many", "rated", "order", "split", "shown"):
        assert said[f"q_{name}"] == told_to_server[f"q_{name}"], name


ASKED: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"type": "question", "id": "q_rated", "row": "taste"}, {"operator": "at_most", "value": 2}),
    ({"type": "question", "id": "q_single", "row": "price"}, {"operator": "equals", "value": "bad"}),
    ({"type": "question", "id": "q_many", "row": "web"}, {"operator": "includes_any", "value": ["used"]}),
    ({"type": "question", "id": "q_order", "row": "blue"}, {"operator": "equals", "value": 1}),
    ({"type": "question", "id": "q_split", "row": "rent"}, {"operator": "more_than", "value": 50}),
    ({"type": "question", "id": "q_count"}, {"operator": "more_than", "value": 1_000.5}),
    ({"type": "question", "id": "q_date"}, {"operator": "less_than", "value": "2026-12-01"}),
    ({"type": "question", "id": "q_shown"}, {"operator": "includes_any", "value": ["dog"]}),
)


def followed_up() -> dict[str, Any]:
    """Questions on one page, each with one that is asked on an answer to it only, and all said on the next page."""
    every = {asked["id"]: asked for block in further()["blocks"] for asked in block["questions"]}
    every["q_date"].pop("earliest"), every["q_date"].pop("latest")
    shown = []
    for number, (left, test) in enumerate(ASKED):
        right = {"type": "constant", "value": test["value"]}
        shown.append(every[left["id"]])
        then = {"left": left, "operator": test["operator"], "right": right}
        shown.append(question(f"then{number}", "consent", show_if=then))
    told = "{{q_rated.taste}} {{q_single.price}} {{q_many.web}} {{q_split.rent}} {{q_count}} {{q_date}} {{v_sum}}"
    rated, rent = ({"add": left, "times": 1} for left in (ASKED[0][0], ASKED[4][0]))
    variables = [{"id": "v_summ", "code": "summ", "terms": [rated, rent, {"add": ASKED[5][0], "times": 2}]}]
    note = {**question("note", "statement"), "text": text(told.replace("v_sum", "v_summ"))}
    return document(shown, [note], variables=variables)


def test_conditions_sums_and_places_ask_for_the_further_types_in_the_page_as_on_the_server(
    visitor: Visit, services: Services, own_tenant: TenantRef
) -> None:
    source = followed_up()
    store_pictures(services, own_tenant, source)
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_document(session, "Followed up", source, zone="UTC")
        publishing.publish(session, survey)
        address = survey.address
    page = visitor(Screen).go(own_tenant.slug, f"/s/{address}")
    then = [page.locator(f"#q_then{number}") for number in range(len(ASKED))]
    for each in then:
        expect(each).to_be_hidden()
    page.locator("[name='q_rated.taste'][value='2']").check(force=True)
    page.locator("[name='q_single.price'][value=bad]").check()
    page.locator("[name='q_many.web'][value=used]").check()
    page.locator("[name='q_order.blue']").select_option("1")
    page.locator("[name='q_split.rent']").fill("60")
    page.locator("[name='q_split.food']").fill("40")
    page.locator("#q_count-i").fill("1,000.75")
    page.locator("#q_date-i").fill("2026-11-20")
    page.get_by_label("dog").check()
    for each in then:
        expect(each).to_be_visible()
    page.locator("#q_count-i").fill("1,000.5")
    expect(then[5]).to_be_hidden()
    on(page)
    expect(page.locator("#q_note")).to_have_text("2 bad used 60 1000.5 2026-11-20 2063")
    page.get_by_role("button", name="Send answers").click()
    page.wait_for_url("**/thanks**")

    stored = finished(services, own_tenant)
    asked = {f"q_then{number}" for number in range(len(ASKED))} & set(stored.answers)
    assert asked == {f"q_then{number}" for number in range(len(ASKED)) if number != 5}


def test_every_type_is_answered_without_a_script(
    visitor: Visit, services: Services, own_tenant: TenantRef, address: str
) -> None:
    person = visitor(Phone, javascript=False)
    page = person.go(own_tenant.slug, f"/s/{address}")
    page.locator("#q_count-i").fill("7")
    page.locator("#q_slide-i").fill("35")
    person.stop_at("kinds-plain-numbers")
    on(page)
    on(page)
    person.stop_at("kinds-plain-tables")
    page.get_by_role("radiogroup", name="price").first.get_by_label("good").check()
    on(page)
    page.locator("[name='q_order.green']").select_option("1")
    page.get_by_label("Choose files").set_input_files(
        {"name": "b.txt", "mimeType": "text/plain", "buffer": b"a bill"}
    )
    page.get_by_role("button", name="Continue").or_(page.get_by_role("button", name="Send answers")).click()
    page.wait_for_url("**/thanks**")
    stored = finished(services, own_tenant)
    assert stored.answers == {"q_slide": 35, "q_single": {"price": "good"}, "q_order": {"green": 1}}
    assert (stored.texts["q_count"], stored.texts["q_proof"][0]["name"]) == ("7", "b.txt")


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_narrowest_screen(visitor: Visit, own_tenant: TenantRef, address: str, dark: bool) -> None:
    person = visitor(Phone, dark=dark)
    page = person.go(own_tenant.slug, f"/s/{address}")
    for number in range(4):
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            person.stop_at(f"kinds-{number}-{width}{'-dark' if dark else ''}")
        if number < 3:
            on(page)


def test_options_are_dragged_into_their_order(
    visitor: Visit, services: Services, own_tenant: TenantRef, address: str
) -> None:
    page = visitor(Screen).go(own_tenant.slug, f"/s/{address}")
    for _ in range(3):
        on(page)
    grip = page.locator("[data-rank] li").nth(2).locator(".grip")
    grip.scroll_into_view_if_needed()
    box, first = grip.bounding_box(), page.locator("[data-rank] li").nth(0).bounding_box()
    assert box is not None
    assert first is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 20, box["y"] + 20 + (first["y"] + 4 - box["y"] - 20) * step / 8)
    page.mouse.up()
    places = page.locator("[data-rank] select").evaluate_all("all => all.map(s => [s.name, s.value])")
    assert places == [["q_order.blue", "1"], ["q_order.red", "2"], ["q_order.green", "3"]]


def test_what_the_server_would_refuse_the_script_says_beside_the_question(
    visitor: Visit, own_tenant: TenantRef, address: str
) -> None:
    page = visitor(Phone).go(own_tenant.slug, f"/s/{address}")
    page.locator("#q_count-i").fill("3,000,000")
    on(page)
    expect(page.locator("#q_count-e")).to_contain_text("2,000,000")
    assert page.locator("#q_count-i").get_attribute("aria-invalid") == "true"
    assert "q_count-e" in (page.locator("#q_count-i").get_attribute("aria-describedby") or "")
    survey = compile_survey(parse(further()))
    assert "q_count" in normalise(survey, {"q_count": "3,000,000"}, "en").problems
