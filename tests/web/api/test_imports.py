"""Programs send files of customers in, take them back, and fetch lists as files."""

import io
import zipfile
from contextvars import Context

import pytest
from sqlalchemy import select

from customers import companies, consent, people, suppressions
from customers.imports import files
from customers.models import Import
from infra import long_jobs
from infra.long_jobs import LongJob, running
from tenants import starters
from tenants.models import ApiKey, AuditEntry
from tenants.permissions import SYSTEM
from tests.web.api.story import Program

FILE = b"Number;Mail;Note;News\nK-1;ann@example.org;=x;yes\nK-2;wrong;y;\n"
MAPPING = {"Number": "external_id", "Mail": "email", "News": "extra.consent.news.email"}
CONSENT = {"origin": "Asked in the shop.", "given_on": "2025-05-01"}


@pytest.fixture(autouse=True)
def asked_as_by_the_worker():
    before = running._may_still
    long_jobs.configure(starters.may_still)
    yield
    long_jobs.configure(before)


def send(program, content=FILE, expect=201, **options):
    return program.call(
        "POST",
        "imports.create_import",
        expect=expect,
        data=content,
        content_type="text/csv",
        query_string={"filename": "people.csv"},
        **options,
    )


@pytest.fixture
def worker(session, joined, acme):
    """Does the long work that was begun last."""

    def done():
        session.flush()
        session.expire_all()
        job = session.query(LongJob).order_by(LongJob.id.desc()).first()
        Context().run(lambda: long_jobs.run(joined, acme, long_job=str(job.id)))
        session.expire_all()

    return done


def test_a_file_is_sent_once_checked_imported_and_undone(program, session, worker):
    sent = send(program, key="march")
    assert send(program, key="march")["id"] == sent["id"]
    assert (
        program.refused("POST", "imports.create_import", expect=422, data=b"Name\nAnn\n", key="march")
        == "idempotency_key_reused"
    )
    assert session.query(Import).count() == 1
    assert (sent["state"], sent["headings"]) == ("uploaded", ["Number", "Mail", "Note", "News"])
    path = ("imports.run_import", sent["id"])
    refused = program.call("POST", *path, expect=422, json={"mapping": {**MAPPING, "Note": "email", "X": "name"}})
    assert set(refused["errors"]) == {"mapping.X"}
    refused = program.call("POST", *path, expect=422, json={"mapping": {**MAPPING, "Note": "email"}})
    assert set(refused["errors"]) == {"mapping.Note"}
    refused = program.call("POST", *path, expect=422, json={"mapping": MAPPING})
    assert set(refused["errors"]) == {"consent.origin"}
    asked = {"mapping": MAPPING, "remember_as": "shop", "dry_run": True, "consent": CONSENT}
    assert program.call("POST", *path, expect=202, json=asked, key="check")["state"] == "checking"
    worker()
    checked = program.call("GET", "imports.get_import", sent["id"])
    assert (checked["state"], checked["counts"]["added"], checked["counts"]["wrong"]) == ("checked", 1, 1)
    assert checked["wrong"][0]["row"] == 3
    assert people.count_people(session) == 0
    for _ in range(2):
        begun = program.call("POST", *path, expect=202, json={}, key="go")
    assert begun["state"] == "importing"
    worker()
    done = program.call("GET", "imports.get_import", sent["id"])
    assert (done["state"], done["counts"]["consents"], done["work"]["state"]) == ("done", 1, "done")
    person = people.find_by_external_id(session, "K-1")
    assert consent.state_of(session, person.id, "news").code == "given"
    told = program.send("GET", "api_v1.imports.get_import_errors", sent["id"], expect=200)
    assert told.mimetype == "text/csv"
    assert "K-2,wrong,y,," in told.text
    finished = session.scalars(select(AuditEntry).where(AuditEntry.action == "import.finished")).one()
    assert (finished.actor_kind, finished.actor_id) == ("api_key", session.scalars(select(ApiKey.id)).one())
    assert program.call("POST", "imports.undo_import", sent["id"], expect=202)["state"] == "undoing"
    worker()
    undone = program.call("GET", "imports.get_import", sent["id"])
    assert (undone["state"], undone["report"]["consents"], undone["undo_until"]) == ("undone", 1, None)
    assert people.count_people(session) == 0


def test_a_mapping_is_used_by_its_name_and_the_import_follows_the_check(program, session, worker):
    first = send(program)
    program.call(
        "POST",
        "imports.run_import",
        first["id"],
        expect=202,
        json={"mapping": {"Number": "external_id", "Mail": "email"}, "remember_as": "shop", "dry_run": True},
    )
    second = send(program, b"Mail,Number\nbo@example.org,K-9\n")
    asked = {"remembered": "shop", "policy": "skip"}
    program.call("POST", "imports.run_import", second["id"], expect=202, json=asked)
    worker()
    worker()
    assert program.call("GET", "imports.get_import", second["id"])["state"] == "done"
    assert people.find_by_external_id(session, "K-9").identity.email == "bo@example.org"
    program.call("GET", "imports.get_import_errors", second["id"], expect=404)
    page = program.call("GET", "imports.list_imports", query_string={"limit": 1})
    assert [each["id"] for each in page["items"]] == [second["id"]]
    after = {"limit": 1, "cursor": page["next_cursor"]}
    rest = program.call("GET", "imports.list_imports", query_string=after)
    assert [each["id"] for each in rest["items"]] == [first["id"]]
    unknown = {"remembered": "other"}
    assert program.refused("POST", "imports.run_import", first["id"], expect=422, json=unknown)


def test_what_is_no_table_or_without_the_scope_is_refused_and_nothing_is_kept(
    program, session, app, acme, globex, monkeypatch
):
    assert program.refused("POST", "imports.create_import", expect=422, data=b"") == "import_file_refused"
    assert session.query(Import).count() == 0
    large = b"Name\n" + b"Ann Example\n" * 250_000  # more than any other body may hold
    assert send(program, large)["headings"] == ["Name"]
    monkeypatch.setattr(files, "LARGEST", 1_000_000)
    assert program.refused("POST", "imports.create_import", expect=422, data=large) == "upload_refused"
    assert session.query(Import).count() == 1
    reader = Program(app, "customers.read").at(acme)
    assert reader.refused("POST", "imports.create_import", expect=403, data=FILE) == "scope_missing"
    elsewhere = Program(app).at(globex)
    elsewhere.call("GET", "imports.get_import", send(program)["id"], expect=404)


def test_lists_are_fetched_as_files(program, session, worker):
    company = companies.add(session, by=SYSTEM, name="=Lee")
    people.add(session, by=SYSTEM, name="Ann", language="de", company_id=company.id)
    people.add(session, by=SYSTEM, name="Bo", language="fr")
    session.flush()
    asked = {"format": "csv", "language": "de"}
    export = program.call("POST", "exports.export_people", expect=202, json=asked, key="one")
    assert program.call("POST", "exports.export_people", expect=202, json=asked, key="one")["id"] == export["id"]
    file = ("exports.download_export", export["id"])
    assert program.refused("GET", *file, expect=409) == "export_not_ready"
    worker()
    assert program.call("GET", "exports.get_export", export["id"])["state"] == "done"
    rows = program.send("GET", f"api_v1.{file[0]}", file[1], expect=200).text.splitlines()
    assert len(rows) == 2
    assert ",Ann," in rows[1]
    sheet = program.call("POST", "exports.export_companies", expect=202, json={"format": "xlsx"})
    worker()
    answer = program.send("GET", "api_v1.exports.download_export", sheet["id"], expect=200)
    assert answer.headers["Content-Disposition"] == "attachment; filename=companies.xlsx"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert b"=Lee" in archive.read("xl/worksheets/sheet1.xml")


def test_addresses_not_written_to_are_had_as_a_file_with_the_right_to_manage_them(
    program, session, worker, app, acme
):
    suppressions.add(session, "=ann@example.org", kind="manual", source="staff")
    session.flush()
    asked = program.call("POST", "exports.export_suppressions", expect=202, json={"format": "csv"}, key="list")
    worker()
    assert program.call("GET", "exports.get_suppression_export", asked["id"])["state"] == "done"
    answer = program.send("GET", "api_v1.exports.download_suppression_export", asked["id"], expect=200)
    assert "'=ann@example.org,manual,staff" in answer.text
    program.call("GET", "exports.get_export", asked["id"], expect=404)
    Program(app, "customers.export").at(acme).call("GET", "exports.get_suppression_export", asked["id"], expect=403)
