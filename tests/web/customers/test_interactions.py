"""Contacts on pages: logged from anywhere, shown on the timeline, changed and deleted, with their files."""

import re
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from customers import bounces, companies, consent, interaction_files, interactions, people, suppressions, tasks
from customers.consent import Proof
from customers.models import Interaction, Task
from infra import clock
from infra.storage import ObjectMissing, S3Storage, tenant_key
from tenants.permissions import SYSTEM, Actor, of_role
from tests.web.story import text_of
from web import registries

KEY = "0" * 31 + "1"


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


@pytest.fixture
def ann(session):
    firm = companies.add(session, by=SYSTEM, name="Corner Shop")
    person = people.add(session, by=SYSTEM, name="Ann Lee", email="ann@example.org", company_id=firm.id)
    session.flush()
    return person


def typed(**more):
    return {"key": KEY, "channel": "call", "direction": "in", "summary": "Asked for beans", **more}


def test_a_contact_is_logged_from_the_bar_of_any_page_and_leads_back(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    home = BeautifulSoup(editor.get("console.home.index").text, "html.parser")
    link = home.find("a", attrs={"data-press": "c"})
    form = editor.get(link["href"])
    found = editor.submit(form, "/interactions", expect=200, verb="find", q="ann", summary="Asked for beans")
    assert "Asked for beans" in found.text
    chosen = BeautifulSoup(found.text, "html.parser").find("input", attrs={"name": "person"})
    assert chosen.has_attr("checked")
    done = editor.submit(
        found, "/interactions", person=chosen["value"], channel="call", direction="in", summary="Asked for beans"
    )
    assert done.location == "/console/"
    page = text_of(editor.get("console.customers.person", ann))
    assert "Asked for beans" in page
    assert "from the customer" in page


def test_the_bar_knows_whom_a_page_is_about(as_staff, session, acme, ann):
    """Two clicks: the bar (or the key `c`), and the button; nobody has to be looked for."""
    editor = as_staff("editor").at(acme)
    logged = interactions.log(session, ann, channel="call", direction="in", summary="Beans", by=SYSTEM)
    asked = {"what": "Call", "due_at": clock.now(), "owner_id": editor.member_id, "by": SYSTEM}
    task = tasks.add(session, person_id=ann.id, **asked)
    of_firm = tasks.add(session, company_id=ann.company_id, **asked)
    session.flush()
    firm = companies.get(session, ann.company_id)
    pages = [
        ("console.customers.person", ann),
        ("console.customers.details", ann),
        ("console.tasks.of_person", ann),
    ]
    pages += [("console.customers.interaction", logged), ("console.customers.edit_interaction", logged)]
    pages += [("console.tasks.task", task), ("console.tasks.task", of_firm), ("console.customers.company", firm)]
    admin = as_staff("admin").at(acme)
    for endpoint, subject in pages:
        page = BeautifulSoup(admin.get(endpoint, subject).text, "html.parser")
        link = page.find("a", attrs={"data-press": "c"})
        form = BeautifulSoup(admin.get(link["href"]).text, "html.parser").find(id="log-contact")
        chosen = form.find("input", attrs={"name": "company" if subject in (of_firm, firm) else "person"})
        assert chosen["value"] == str(firm.id if subject in (of_firm, firm) else ann.id), endpoint
    keys = text_of(admin.get("console.home.index"))
    assert "c log contact" in keys


def test_sent_twice_it_is_there_once_with_one_follow_up(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    form = typed(person=str(ann.id), what="Send a sample", due=tomorrow)
    for _ in range(2):
        answer = editor.post("console.customers.log_interaction", data=form)
        assert answer.location.endswith(f"/console/customers/{ann.id}")
    assert session.scalar(select(func.count()).select_from(Interaction)) == 1
    task = session.scalars(select(Task)).one()
    assert (task.what, task.owner_id, task.source_ref) == (
        "Send a sample",
        editor.member_id,
        session.scalars(select(Interaction.id)).one(),
    )
    assert task.due_at > clock.now()


def test_other_words_in_a_form_that_was_sent_are_logged_beside_the_first(as_staff, session, acme, ann):
    editor, tomorrow = as_staff("editor").at(acme), (clock.now() + timedelta(days=1)).date().isoformat()
    for words in ("Asked for beans", "Asked for beans and a grinder", "Asked for beans"):
        editor.post("console.customers.log_interaction", data=typed(person=str(ann.id), summary=words))
    assert session.scalar(select(func.count()).select_from(Interaction)) == 2
    for words in ("Send beans", "Send a grinder", "Send beans"):
        asked = {"key": KEY, "person": str(ann.id), "what": words, "due": tomorrow}
        editor.post("console.tasks.create", data=asked, expect=303)
    assert sorted(session.scalars(select(Task.what))) == ["Send a grinder", "Send beans"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"summary": " "}, "fill this in"),
        ({"person": ""}, "choose one"),
        ({"person": "not-an-id"}, "damaged"),
        ({"at": "tomorrow"}, "a date and a time"),
        ({"at": "2190-01-01T00:00"}, "in the future"),
        ({"channel": "pigeon"}, "Choose one of the list"),
        ({"what": "Call"}, "until when"),
        ({"due": "2026-11-30"}, "what is to be done"),
        ({"due": "30.11.2026", "what": "Call"}, "Choose a date"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    as_staff, session, acme, ann, given, says
):
    form = {**typed(person=str(ann.id), summary="Kept words"), **given}
    answer = as_staff("editor").at(acme).post("console.customers.log_interaction", data=form, expect=422)
    assert says in text_of(answer)
    assert "Kept words" in answer.text or not form["summary"].strip()
    assert session.scalar(select(func.count()).select_from(Interaction)) == 0


def test_a_foreign_way_back_is_not_taken(as_staff, acme, ann):
    form = typed(person=str(ann.id), back="//evil.example/console/")
    answer = as_staff("editor").at(acme).post("console.customers.log_interaction", data=form)
    assert answer.location.endswith(f"/console/customers/{ann.id}")


def test_a_contact_with_a_company_stands_on_its_page(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    form = typed(company=str(ann.company_id), summary="Fair in May")
    editor.post("console.customers.log_interaction", data=form)
    editor.post("console.customers.log_interaction", data=typed(person=str(ann.id), key="0" * 32))
    page = text_of(editor.get("console.customers.company", ann.company_id))
    assert "Fair in May" in page
    assert "Asked for beans" in page
    assert "Fair in May" not in text_of(editor.get("console.customers.person", ann))


def test_the_writer_changes_and_deletes_it_a_colleague_reads_it(as_staff, session, acme, ann):
    writer, colleague = as_staff("editor").at(acme), as_staff("editor").at(acme)
    writer.post("console.customers.log_interaction", data=typed(person=str(ann.id)))
    logged = session.scalars(select(Interaction)).one()
    form = writer.get("console.customers.edit_interaction", logged)
    writer.submit(
        form, f"/interactions/{logged.id}", summary="Asked for tea", channel="call", direction="in", at=""
    )
    session.refresh(logged)
    assert logged.summary == "Asked for tea"
    assert "Change contact" not in text_of(colleague.get("console.customers.interaction", logged))
    colleague.get("console.customers.edit_interaction", logged, expect=403)
    colleague.post("console.customers.delete_interaction", logged, expect=403)
    stale = writer.submit(
        form, f"/interactions/{logged.id}", expect=409, summary="Late", channel="call", direction="in"
    )
    assert "Late" in stale.text
    writer.post("console.customers.delete_interaction", logged)
    writer.get("console.customers.interaction", logged.id, expect=404)


def test_files_go_out_as_downloads_only(as_staff, session, acme, ann, joined):
    evil = tenant_key(acme, "tests", "evil")
    joined.storage.put(evil, b"<script>", content_type="text/html")
    files = [{"name": 'x".html', "type": "text/html", "bytes": 8, "file": evil, "risk": None}]
    logged = interactions.log(
        session, ann, channel="email", direction="in", summary="See file", body="See file", source="mail",
        by=SYSTEM, attachments=files, transcript=[{"who": "Ann", "text": "<b>hi</b>", "at": clock.now()}],
    )  # fmt: skip
    analyst = as_staff("analyst").at(acme)
    page = analyst.get("console.customers.interaction", logged)
    assert "<b>hi</b>" not in page.text
    assert page.text.count("See file") == 1
    answer = analyst.get("console.customers.interaction_file", logged, 1)
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.data == b"<script>"
    analyst.get("console.customers.interaction_file", logged, 2, expect=404)
    as_staff("viewer").at(acme).get("console.customers.interaction", logged, expect=403)


def test_a_long_timeline_goes_on_page_by_page_and_is_narrowed_down(as_staff, session, acme, ann):
    begin = clock.now() - timedelta(days=50)
    for number in range(65):
        channel, direction = ("call", "in") if number % 2 else ("letter", "out")
        interactions.log(
            session, ann, channel=channel, direction=direction, summary=f"No. {number:02} ", by=SYSTEM,
            at=begin + timedelta(hours=number),
        )  # fmt: skip
    analyst = as_staff("analyst").at(acme)
    seen, address = [], f"/console/customers/{ann.id}"
    for _ in range(4):
        page = analyst.get(address)
        seen += re.findall(r"No\. (\d\d)", page.text)
        more = BeautifulSoup(page.text, "html.parser").find("a", rel="next")
        if more is None:
            break
        address = more["href"]
    assert seen == [f"{number:02}" for number in reversed(range(65))]
    calls = analyst.get(f"/console/customers/{ann.id}?channel=call&direction=in")
    assert set(re.findall(r"No\. (\d\d)", calls.text)) <= {f"{number:02}" for number in range(1, 65, 2)}
    assert "Nothing fits" in text_of(analyst.get(f"/console/customers/{ann.id}?kind=task"))
    analyst.get(f"/console/customers/{ann.id}?older=made-up", expect=422)


def test_entries_of_who_was_merged_stand_with_the_one_who_stays(as_staff, session, acme, ann):
    double = people.add(session, by=SYSTEM, name="Anne")
    interactions.log(session, double, channel="chat", direction="in", summary="As Anne", by=SYSTEM)
    tasks.add(session, what="Old task", due_at=clock.now(), person_id=double.id, by=SYSTEM, source="rule",
              owner_id=as_member(as_staff, acme))  # fmt: skip
    double.merged_into = ann.id
    session.flush()
    analyst = as_staff("analyst").at(acme)
    page = text_of(analyst.get("console.customers.person", ann))
    assert "As Anne" in page
    assert "Old task" in text_of(analyst.get("console.tasks.of_person", ann))


def as_member(as_staff, acme):
    return Context().run(lambda: as_staff("editor").at(acme).member_id)


def upload(content: bytes = b"%PDF-1.7 offer", name: str = "offer.pdf"):
    return (BytesIO(content), name)


def test_files_are_logged_with_a_contact_once_and_go_with_it(as_staff, services, session, acme, ann):
    editor = as_staff("editor").at(acme)
    for _ in range(2):
        form = typed(person=str(ann.id), files=[upload(), upload(b"Gr\xc3\xbc\xc3\x9fe", "../n\u202eote.txt")])
        editor.post("console.customers.log_interaction", data=form)
    logged = session.scalars(select(Interaction)).one()
    assert [(each["name"], each["type"], each["bytes"]) for each in logged.attachments] == [
        ("offer.pdf", "application/pdf", 14),
        ("note.txt", "text/plain", 7),
    ]
    file = editor.get("console.customers.interaction_file", logged, 1)
    assert (file.data, file.mimetype) == (b"%PDF-1.7 offer", "application/octet-stream")
    assert file.headers["Content-Disposition"] == "attachment; filename=offer.pdf"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "2 files" in text_of(editor.get("console.customers.person", ann))
    page = editor.get("console.customers.interaction", logged)
    assert "note.txt" in text_of(page)
    added = {"files": [upload(b"\x89PNG\r\n\x1a\n1", f"{n}.png") for n in range(4)]}
    told = editor.post("console.customers.add_interaction_files", logged, data=added, expect=422)
    assert "at most 5 files" in text_of(told)
    editor.post("console.customers.add_interaction_files", logged, data={"files": [upload(b"more", "more.txt")]})
    session.refresh(logged)
    assert len(logged.attachments) == 3
    keys = [each["file"] for each in logged.attachments]
    editor.post("console.customers.delete_interaction", logged)
    Context().run(interaction_files.forget_files, services, acme, UUID(keys[0].split("/")[2]))
    for key in keys:
        with pytest.raises(ObjectMissing):
            Context().run(services.storage.get, key)


def test_a_file_that_is_refused_is_named_and_nothing_is_logged(as_staff, session, acme, ann):
    editor = as_staff("editor").at(acme)
    sent = [upload(), upload(b"MZ\x90", "offer.pdf"), upload(b"", "empty.txt")]
    told = editor.post("console.customers.log_interaction", data=typed(person=str(ann.id), files=sent), expect=422)
    said = text_of(told)
    assert "File 2 is a program." in said
    assert "File 3 is empty." in said
    assert "Asked for beans" in told.text
    assert session.scalars(select(Interaction)).all() == []


def test_a_contact_stands_while_its_files_cannot_be_stored(as_staff, session, acme, ann, monkeypatch):
    editor = as_staff("editor").at(acme)
    away = S3Storage(replace(editor.app.services.settings, s3_endpoint="http://127.0.0.1:9"))
    monkeypatch.setattr(editor.app, "services", replace(editor.app.services, storage=away))
    editor.post("console.customers.log_interaction", data=typed(person=str(ann.id), files=[upload()]))
    assert "its files could not be stored" in text_of(editor.get("console.customers.person", ann))
    assert session.scalars(select(Interaction)).one().attachments == []


def test_a_program_adds_files_and_fetches_them(with_key, session, acme, globex, ann):
    program = with_key("customers.read", "customers.edit").at(acme)
    made = program.post(
        "api_v1.interactions.log_interaction",
        ann,
        json={"channel": "chat", "direction": "in", "summary": "Parcel"},
        expect=201,
    ).get_json()["id"]
    path = f"/api/v1/interactions/{made}/files"
    for _ in range(2):
        answer = program.send("POST", f"{path}?name=offer.pdf", data=b"%PDF-1.7 offer", expect=201)
    assert answer.get_json()["files"] == [{"name": "offer.pdf", "bytes": 14, "risk": None}]
    file = program.send("GET", f"{path}/1", expect=200)
    assert (file.data, file.headers["X-Content-Type-Options"]) == (b"%PDF-1.7 offer", "nosniff")
    refused = program.send("POST", f"{path}?name=a.pdf", data=b"MZ\x90", expect=422).get_json()
    assert refused["errors"]["files"] == ["File 1 is a program. Programs are not accepted."]
    large = program.send("POST", f"{path}?name=a.txt", data=b"a" * (10 * 1024 * 1024 + 1), expect=422).get_json()
    assert "too large: at most 10 MB" in large["errors"]["files"][0]
    program.send("GET", f"{path}/2", expect=404)
    with_key("customers.edit").at(globex).send("POST", f"{path}?name=a.pdf", data=b"%PDF-", expect=404)
    with_key("customers.read").at(acme).send("POST", f"{path}?name=a.pdf", data=b"%PDF-", expect=403)


def test_returned_mail_and_stopped_addresses_stand_on_the_timeline(as_staff, session, acme):
    ann = people.add(session, by=SYSTEM, name="Ann Lee", email="ann@example.org")
    session.flush()
    report = bounces.Told("k1", "mail", "hard", "5.1.1", "no such user", ("ann@example.org",))
    bounces.record(session, report)
    entry = suppressions.add(session, "ann@example.org", kind="manual", source="staff", by=SYSTEM)
    suppressions.lift(session, entry, by=Actor("staff", None, of_role("owner")), reason="She wrote from it")
    consent.withdraw(session, ann.id, "news", Proof("staff", how="By phone"), channel="phone")
    editor = as_staff("editor").at(acme)
    shown = text_of(editor.get(f"/console/customers/{ann.id}"))
    for words in ("Returned mail", "Not proved", "not written to any more", "written to again", "Wants no more"):
        assert words in shown
    shown = text_of(editor.get(f"/console/customers/{ann.id}?channel=phone"))
    assert "Wants no more" in shown
    assert "Not proved" not in shown
