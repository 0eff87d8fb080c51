"""The audit log in the console: what a person reads, finds, and takes along."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select

from infra import clock
from infra.ids import new_id
from infra.long_jobs import LongJob
from surveys import library, surveys
from tenants import api_keys, audit
from tenants.audit import exports, kinds, names
from tenants.models import AuditAnchor, AuditEntry
from tenants.permissions import SYSTEM, Actor
from tests.web.story import add_member, text_of
from web.console.settings import audit as pages

LOG = "console.settings.audit_log"


def note(session, action="settings.zone_changed", by=SYSTEM, **options):
    codes = {"zone": "Europe/Vienna"} if action.endswith("zone_changed") else {}
    audit.record(session, action, by=by, **codes, **options)
    session.flush()


def a_survey(session, **options):
    return surveys.create_from_template(
        session, library.list_templates()[0].key, language="en", zone="UTC", **options
    )


def rows_of(page):
    return [
        " ".join(row.get_text(" ").split())
        for row in BeautifulSoup(page.text, "html.parser").select("main table tbody tr")
    ]


def test_an_entry_is_a_sentence_with_the_names_of_now(as_staff, session, acme):
    editor, survey = add_member(session, "editor"), a_survey(session, name="Visit")
    note(session, "survey.published", Actor("staff", editor.id), subject=survey.id, version=new_id())
    owner = as_staff("owner").at(acme)
    assert any("Editor published the survey “Visit”." in row for row in rows_of(owner.get(LOG)))
    editor.name, survey.name = "Eve Adams", "Visit again"
    session.flush()
    assert any("Eve Adams published the survey “Visit again”." in row for row in rows_of(owner.get(LOG)))


def test_every_kind_reads_as_a_sentence_whatever_it_lacks(session, as_staff, acme):
    for kind in kinds.TABLE:
        made = {"actor_id": new_id(), "subject_id": new_id(), "data": {}}
        session.add(AuditEntry(actor_kind="support", action=kind.name, **made))
    session.add(AuditEntry(actor_kind="operator", action="gone.by", data={"list": ["a", True, None]}))
    session.flush()
    owner = as_staff("owner").at(acme)
    page = text_of(owner.get(LOG))
    assert "%(" not in page
    assert "An operator of Rapport did something that this version does not know (gone.by)." in page
    entries = session.scalars(select(AuditEntry)).all()
    reading = names.read(session, entries)
    assert not [entry.action for entry in entries if "%(" in reading.sentence(entry)]
    for entry in entries[-5:]:
        owner.get("console.settings.audit_entry", entry.id)


def test_names_are_text_and_never_markup(as_staff, session, acme):
    api_keys.create(session, name="<script>alert(1)</script>", scopes=("surveys.read",), by=SYSTEM)
    page = as_staff("admin").at(acme).get(LOG).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_what_is_asked_for_stands_in_the_address_and_narrows_the_list(as_staff, session, acme):
    editor = add_member(session, "editor")
    note(session, by=Actor("staff", editor.id))
    note(session, "brand.logo_removed")
    key, _ = api_keys.create(session, name="Shop", scopes=("surveys.read",), by=SYSTEM)
    session.flush()
    owner, today = as_staff("owner").at(acme), clock.now().date()

    def seen(**asked):
        return rows_of(owner.get(LOG, query_string=asked))

    assert len(seen(kind="settings.zone_changed")) == 1
    assert len(seen(category="settings")) == 2
    assert len(seen(category="settings", who=str(editor.id))) == 1
    assert len(seen(about=str(key.id))) == 1
    around = {"first": str(today - timedelta(days=1)), "last": str(today + timedelta(days=1))}
    assert len(seen(category="settings", **around)) == 2
    assert seen(last=str(today - timedelta(days=2))) == []
    assert "No entry fits" in text_of(owner.get(LOG, query_string={"last": "2020-01-01"}))
    narrowed = owner.get(LOG, query_string={"category": "settings", "kind": "brand.logo_removed"})
    assert "Narrowed to" in text_of(narrowed)


@pytest.mark.parametrize(
    "asked",
    [
        {"category": "everything"},
        {"kind": "x"},
        {"who": "nobody"},
        {"about": "1"},
        {"first": "yesterday"},
        {"first": "2026-02-30"},
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"after": "zz"},
        {"category": "x" * 3000},
        {"kind": "\x00"},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_a_filter_that_cannot_be_shows_everything_and_says_so(as_staff, session, acme, asked):
    note(session)
    page = as_staff("owner").at(acme).get(LOG, query_string=asked, expect=422)
    assert "cannot be used" in text_of(page)
    assert rows_of(page)


def test_pages_follow_each_other_without_gap_or_repeat(as_staff, session, acme, monkeypatch):
    monkeypatch.setattr(pages, "PAGE_SIZE", 4)
    for _ in range(9):
        note(session, "brand.logo_removed")
    owner, address, found = as_staff("owner").at(acme), "/console/settings/audit?category=settings", []
    while address:
        soup = BeautifulSoup(owner.get(address).text, "html.parser")
        found += [link["href"] for link in soup.select("main th a")]
        following = soup.select_one("a[rel=next]")
        address = following["href"] if following else ""
        assert not address or "category=settings" in address
    assert len(found) == len(set(found)) == 9


def test_a_page_asks_as_often_for_many_entries_as_for_few(as_staff, session, acme):
    from tests.web.api.test_cost import statements

    owner, counts = as_staff("owner").at(acme), []
    note(session, by=Actor("staff", add_member(session, "editor").id))
    owner.get(LOG)
    for _ in range(2):
        with statements() as seen:
            owner.get(LOG)
        counts.append(len(seen))
        for _ in range(30):
            note(session)
    assert counts[0] == counts[1]


def test_the_page_says_whether_it_is_sealed_and_when_it_was_checked(as_staff, joined, session, acme):
    owner, moment = as_staff("owner").at(acme), clock.now()
    note(session)
    assert "Not sealed yet." in text_of(owner.get(LOG))
    known = {"number": 1, "head": b"h", "entries": 1234, "mac": b"m", "anchored_at": moment}
    with joined.db.control_session() as control:
        control.merge(AuditAnchor(tenant_id=acme.id, **known, checked_at=moment))
    page = text_of(owner.get(LOG))
    assert "1,234 entries are sealed." in page
    assert "all is as it was written." in page
    with joined.db.control_session() as control:
        row = control.get_one(AuditAnchor, acme.id)
        row.problem, row.problem_entry = "removed", new_id()
    assert "The audit log is not what was sealed" in text_of(owner.get(LOG))


def exported(person, expect=200, **asked):
    page = person.get(LOG, query_string=asked)
    form = BeautifulSoup(page.text, "html.parser").find("form", action="/console/settings/audit/export")
    fields = {field["name"]: field.get("value", "") for field in form.find_all("input")}
    return person.post("console.settings.export_audit", data=fields, expect=expect)


def test_an_export_holds_what_fits_is_safe_to_open_and_is_itself_noted(as_staff, session, acme):
    editor = add_member(session, "editor")
    editor.name = "=HYPERLINK(1)"
    note(session, by=Actor("staff", editor.id))
    note(session, "brand.logo_removed")
    owner = as_staff("owner").at(acme)
    answer = exported(owner, category="settings", who=str(editor.id))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=audit-log-")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["kind"] for row in rows] == ["settings.zone_changed"]
    assert rows[0]["who"] == "'=HYPERLINK(1)"
    assert rows[0]["sentence"].startswith("'=HYPERLINK(1) set the time zone")
    assert rows[0]["details"] == '{"zone": "Europe/Vienna"}'
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).one()
    assert (noted.actor_id, noted.data["category"], noted.data["rows"]) == (owner.member_id, "settings", 1)
    assert exports.from_ids(noted.data).actor == editor.id


def test_an_export_with_odd_filters_is_refused(as_staff, acme):
    owner = as_staff("owner").at(acme)
    for typed in ({}, {"key": "x"}, {"key": "a" * 32, "kind": "x"}, {"key": "a" * 32, "first": "x"}):
        owner.post("console.settings.export_audit", data=typed, expect=422)


def test_many_entries_become_long_work_once_and_that_is_noted_once(as_staff, session, acme, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    for _ in range(5):
        note(session, "brand.logo_removed")
    owner = as_staff("owner").at(acme)
    page = owner.get(LOG, query_string={"kind": "brand.logo_removed"})
    first, second = (owner.submit(page, "/audit/export") for _ in range(2))
    work = session.scalars(select(LongJob)).one()
    assert first.headers["Location"] == second.headers["Location"] == f"/console/jobs/{work.id}"
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).all()) == 1
    assert exports.from_ids(work.arguments).kind == "brand.logo_removed"


def test_the_long_work_writes_the_same_file(services, own_tenant):
    from infra import long_jobs
    from infra.long_jobs import running
    from infra.storage import StorageKey

    with services.db.tenant_session(own_tenant) as session:
        for _ in range(1_500):
            audit.record(session, "brand.logo_removed", by=SYSTEM)
        audit.record(session, "brand.look_changed", by=SYSTEM)
        member = add_member(session, "admin")
        ids = exports.to_ids(exports.Filters(kind="brand.logo_removed"), locale="de", zone="Europe/Vienna")
        work = long_jobs.start(
            session, exports.audit_csv, by=Actor("staff", member.id), filename="audit.csv", **ids
        )
    running.run(services, own_tenant, long_job=str(work.id))
    with services.db.tenant_session(own_tenant) as session:
        done = session.get_one(LongJob, work.id)
        assert (done.state, done.done) == ("done", 1_500)
    text = services.storage.get(StorageKey(done.result_key)).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len({row["entry_id"] for row in rows}) == 1_500
    services.queues.connection.flushdb()


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_who_may_not_read_the_log_sees_no_way_to_it(as_staff, acme, role):
    person = as_staff(role).at(acme)
    for method, endpoint in (("GET", "audit_log"), ("POST", "export_audit")):
        person.send(method, f"console.settings.{endpoint}", expect=403)
    assert "/settings/audit" not in person.get("console.home.index").text


def test_another_tenants_entry_is_not_there(as_staff, session, acme, globex):
    note(session)
    entry = session.scalars(select(AuditEntry)).first()
    as_staff("owner").at(globex).get("console.settings.audit_entry", entry.id, expect=404)


def test_guessing_at_a_password_is_noted_once_for_people_and_for_nobody_alike(visitor, session, acme):
    from tests.web.doors import sign_in_as

    member = add_member(session, "editor", "ada@acme.example")
    begin = clock.now().replace(minute=0)
    for number, email in enumerate(["ada@acme.example"] * 8 + ["nobody@acme.example"] * 8):
        with time_machine.travel(begin + timedelta(minutes=number), tick=False):
            sign_in_as(visitor().at(acme), email, "wrong horses", expect=422)
    query = select(AuditEntry.action, AuditEntry.subject_id).where(AuditEntry.action.like("%failed"))
    assert sorted(tuple(row) for row in session.execute(query)) == [
        ("staff.sign_ins_failed", member.id),
        ("staff.sign_ins_of_nobody_failed", None),
    ]


def test_an_entry_leads_to_the_lines_of_the_log_by_its_request(as_staff, session, acme):
    owner = as_staff("owner").at(acme)
    answer = owner.post("console.settings.save_zone", data={"zone": "Europe/Vienna"})
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "settings.zone_changed")).one()
    assert entry.request_id == answer.headers["X-Request-Id"]
    assert entry.request_id in text_of(owner.get("console.settings.audit_entry", entry.id))


def test_leafing_through_answers_is_noted_once_in_a_while(as_staff, with_key, session, acme):
    survey = a_survey(session)
    analyst, program = as_staff("analyst").at(acme), with_key("responses.read").at(acme)
    for _ in range(3):
        analyst.get("console.surveys.responses", survey.id)
        program.get("api_v1.responses.list_responses", survey.id)
    found = session.scalars(select(AuditEntry).where(AuditEntry.action == "survey.answers_listed")).all()
    assert sorted(entry.actor_kind for entry in found) == ["api_key", "staff"]
