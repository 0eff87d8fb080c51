"""Search in the header: by name, id, address and page; nothing that one may not see, and nothing that hurts."""

from contextvars import Context
from uuid import UUID

import pytest

from infra import long_jobs
from infra.ids import new_id
from surveys import publishing, surveys
from surveys.intake import Submission, Target, submit
from surveys.jobs import answers_csv
from surveys.models import Response
from tenants.models import StaffMember
from tenants.permissions import PERMISSIONS, Actor
from tests.web.console_surveys.test_queries import statements
from tests.web.story import add_member, text_of
from web.console.customers.frame import SECTIONS
from web.console.places import OWN
from web.console.search import PAGES, WORDS, asked, known
from web.console.settings.menu import MENU
from web.surfaces import policy


def find(person, words: str, **options):
    return person.get("console.search.index", query_string={"q": words}, **options)


@pytest.fixture
def response_id(session) -> UUID:
    survey = surveys.create_from_template(session, "nps", zone="UTC", name="After the visit 100% [done]")
    publishing.publish(session, survey)
    live = publishing.find_live(session, survey.address)
    told = Submission(
        key=new_id(), revision=1, language="en", answers={next(iter(live.definition.questions)).id: 9}
    )
    submit(session, Target.of(live), told)
    return session.query(Response.id).filter(Response.survey_id == survey.id).scalar()


def test_surveys_are_found_by_words_of_their_name(as_staff, acme, session):
    for name in ("After the visit", "Before the visit", "Web shop"):
        surveys.create(session, name, zone="UTC")
    said = text_of(find(as_staff("viewer").at(acme), "VISIT"))
    assert "After the visit" in said
    assert "Before the visit" in said
    assert "Web shop" not in said


@pytest.mark.parametrize(
    ("words", "fits"), [("100%", True), ("%", True), ("_", False), ("[done]", True), ("1__%", False)]
)
def test_signs_of_patterns_mean_themselves(as_staff, acme, session, words, fits):
    surveys.create(session, "After the visit 100% [done]", zone="UTC")
    surveys.create(session, "Plain", zone="UTC")
    page = text_of(find(as_staff("owner").at(acme), words))
    assert ("After the visit" in page) is fits
    assert "Plain" not in page


def test_an_answer_is_found_by_its_id_for_who_may_read_answers(as_staff, acme, response_id):
    for spelled in (str(response_id), response_id.hex, str(response_id).upper()):
        assert str(response_id) in find(as_staff("analyst").at(acme), spelled).text
    assert "Nothing fits" in text_of(find(as_staff("viewer").at(acme), str(response_id)))
    assert "Nothing fits" in text_of(find(as_staff("owner").at(acme), str(new_id())))


def test_a_colleague_is_found_by_the_exact_address_only(as_staff, acme, session):
    member = add_member(session, "editor", "ada@acme.example")
    owner = as_staff("owner").at(acme)
    for spelled in ("ada@acme.example", " ADA@ACME.EXAMPLE "):
        assert f"/people/{member.id}" in find(owner, spelled).text
    for spelled in ("ada@acme", "@acme.example", "ada"):
        assert str(member.id) not in find(owner, spelled).text


def test_pages_are_found_by_name_and_by_what_stands_on_them(as_staff, acme):
    owner, viewer = as_staff("owner").at(acme), as_staff("viewer").at(acme)
    for words, page in (("bra", "Brand"), ("logo", "Brand"), ("invite", "People"), ("help", "Help")):
        assert page in text_of(find(owner, words)), words
    assert "Brand" not in text_of(find(viewer, "logo"))


def test_pages_are_found_in_the_readers_language(as_staff, acme, session):
    owner = as_staff("owner").at(acme)
    session.get_one(StaffMember, owner.member_id).locale = "de"
    session.flush()
    assert "/settings/brand" in find(owner, "farbe").text
    assert "/settings/brand" in find(owner, "colour").text


def test_my_work_is_found_and_a_colleagues_is_not(as_staff, acme, session):
    owner, other = as_staff("owner").at(acme), as_staff("admin").at(acme)
    find(owner, "x")
    work = long_jobs.start(session, answers_csv, by=Actor("staff", owner.member_id), filename="visit.csv")
    for words in ("visit.csv", "answers csv", str(work.id)):
        assert str(work.id) in find(owner, words).text
        assert f"/jobs/{work.id}" not in find(other, words).text


def test_nothing_of_another_tenant_is_found(as_staff, acme, globex, joined, response_id):
    stranger = as_staff("owner").at(globex)
    for words in ("visit", str(response_id)):
        assert "Nothing fits" in text_of(Context().run(lambda words=words: find(stranger, words)))


@pytest.mark.parametrize(
    "words",
    ["", "   ", "\x00", "a\x00b", "%00", "'; DROP TABLE surveys; --", "\u202e", "\ud83d", "<script>x</script>",
     "x" * 10_000, "@", "a@" + "b" * 400, "😀", "\\", "{{7*7}}", "%(name)s"],
)  # fmt: skip
def test_whatever_is_typed_is_answered(as_staff, acme, words):
    page = find(as_staff("owner").at(acme), words.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert "<script>x" not in page.text
    assert len(page.text) < 60_000


def test_what_was_typed_is_one_short_line():
    assert asked(" a\x00b\n\tc ") == "a b c"
    assert len(asked("x" * 10_000)) == 120


def test_the_box_gets_the_part_that_it_shows(as_staff, acme):
    part = find(as_staff("owner").at(acme), "brand", headers={"HX-Request": "true", "HX-Target": "search-hits"})
    assert "<html" not in part.text
    assert "/settings/brand" in part.text


def test_a_search_asks_few_questions(as_staff, acme, session, response_id):
    owner = as_staff("owner").at(acme)
    for words in ("visit", str(response_id), "ada@acme.example"):
        find(owner, words)
        with statements() as seen:
            find(owner, words)
        assert len(seen) <= 4 + 11, "\n".join(seen)


def test_every_page_that_can_be_found_is_there_with_its_permission():
    for page in known():
        needed = policy()[page.endpoint].permission
        assert needed == page.permission or "viewer" in PERMISSIONS[needed], page.endpoint
    sections = {section.name for section in MENU} | {each.endpoint for each in (*OWN, *SECTIONS)}
    assert len(PAGES) == 7
    assert set(WORDS) <= sections


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ("invite", "Invite colleague"),
        ("logo", "Brand"),
        ("template", "New survey"),
        ("unhappy", "Low answers"),
        ("token", "API keys"),
        ("webhook", "Webhooks"),
        ("who did what", "Audit log"),
        ("add customer", "Add customer"),
        ("leave", "Leave workspace"),
        ("CSV", "Import"),
        ("segments", "Segments"),
        ("received", "Incoming mail"),
        ("unsubscribe", "Addresses not written to"),
    ],
)
def test_what_people_wish_for_is_found_by_their_words(as_staff, acme, wish, found):
    assert found in text_of(find(as_staff("owner").at(acme), wish))


def test_help_leads_to_every_place_of_customers_that_one_may_open(as_staff, acme):
    owner, viewer = (as_staff(role).at(acme) for role in ("owner", "viewer"))
    for_owner, for_viewer = (who.get("console.home.guide").text.partition("<main")[2] for who in (owner, viewer))
    for line in SECTIONS:
        assert f'<a href="{owner.address(line.endpoint)}">' in for_owner, line.endpoint
        assert f'<a href="{owner.address(line.endpoint)}">' not in for_viewer, line.endpoint
