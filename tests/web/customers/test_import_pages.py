"""A file of customers goes through its pages: sent, its columns said, checked, imported, undone."""

import re
from contextvars import Context

import pytest

from customers import people
from customers.imports import files
from infra import long_jobs
from infra.long_jobs import LongJob, running
from tenants import starters
from tests.web.story import text_of


@pytest.fixture(autouse=True)
def asked_as_by_the_worker():
    before = running._may_still
    long_jobs.configure(starters.may_still)
    yield
    long_jobs.configure(before)


def send(who, content: bytes, name="kunden.csv", expect=303):
    """As a browser does: the parts of a form."""
    head = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body, kind = head.encode() + content + b"\r\n--cut--\r\n", "multipart/form-data; boundary=cut"
    return who.post("console.imports.create", expect=expect, data=body, content_type=kind)


def done(session, joined, acme):
    """Does the long work that was begun last."""
    session.expire_all()
    job = session.query(LongJob).order_by(LongJob.id.desc()).first()
    Context().run(lambda: long_jobs.run(joined, acme, long_job=str(job.id)))
    session.expire_all()


def test_a_file_is_sent_understood_checked_imported_and_undone(session, joined, acme, as_staff):
    who = as_staff("editor").at(acme)
    content = "Kundennr.;Vorname;Nachname;E-Mail;Seit\nK-1;Jörg;Groß;joerg@example.org;2024\n;;;falsch;\n"
    page = who.get(send(who, content.encode("cp1252")).location)
    assert "Jörg" in text_of(page)
    assert page.text.count(" selected") == 5
    columns = ["external_id", "first_name", "last_name", "email", ""]
    action = "/columns"
    refused = who.submit(page, action, column=["email", *columns[1:]], policy="update", expect=422)
    assert "Two columns have the same meaning" in text_of(refused)
    shown = who.submit(page, action, column=columns, policy="update").location
    assert "hx-get" in who.get(shown).text
    done(session, joined, acme)
    checked = who.get(shown)
    assert "Would be added 1" in text_of(checked)
    assert "3 E-Mail: " in text_of(checked)
    assert people.count_people(session) == 0
    who.submit(checked, "/run")
    done(session, joined, acme)
    found = people.find_by_external_id(session, "K-1")
    assert found.identity.name == "Jörg Groß"
    result = who.get(shown)
    assert "Added 1" in text_of(result)
    assert "Download the rows that could not be taken" in text_of(result)
    address = who.address("console.imports.undoing", shown.rpartition("/")[2])
    who.submit(who.get(address), "/undoing")
    done(session, joined, acme)
    undone = text_of(who.get(shown))
    assert "The import is undone" in undone
    assert "What else became of it" not in undone
    assert people.count_people(session) == 0
    assert "kunden.csv" in text_of(who.get("console.imports.import_list"))


def test_what_cannot_be_read_is_said_beside_the_field_and_nothing_is_kept(session, acme, as_staff, monkeypatch):
    who = as_staff("admin").at(acme)
    assert "nothing below it" in text_of(send(who, b"Name\n", expect=422))
    assert "Choose a file" in text_of(who.post("console.imports.create", data={}, expect=422))
    monkeypatch.setattr(files, "LARGEST", 10)
    assert "too large" in text_of(send(who, b"Name\nAnn\nBo\nCy\n", expect=422))
    large = b"Name\n" + b"Ann Example\n" * 300_000  # more than an ordinary form may hold
    monkeypatch.setattr(files, "LARGEST", 200 << 20)
    assert send(who, large).status_code == 303


def test_earlier_imports_are_listed_page_by_page(acme, as_staff, monkeypatch):
    from web.console.customers import imports

    monkeypatch.setattr(imports, "LISTED", 1)
    who = as_staff("editor").at(acme)
    for name in ("first.csv", "second.csv"):
        send(who, b"name\nAnn\n", name)
    page = who.get("console.imports.import_list")
    assert ("second.csv" in page.text, "first.csv" in page.text) == (True, False)
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page.text)
    assert "first.csv" in who.get(older).text
    assert "second.csv" in who.get("/console/customers/imports?after=made-up").text


def test_who_may_not_import_may_not_send_a_large_body(acme, as_staff):
    who = as_staff("viewer").at(acme)
    who.get("console.imports.import_list", expect=403)
    send(who, b"Name\n" + b"Ann Example\n" * 300_000, expect=413)
