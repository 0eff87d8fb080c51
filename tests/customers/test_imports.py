"""Files of people: read as they come, matched, stored once, taken back."""

import io
import signal
import subprocess
import sys
import time
import zipfile
from threading import Thread

import pytest
from sqlalchemy import func, select, update

from customers import interactions, people
from customers.attributes import list_attributes
from customers.imports import files, reading, verbs
from customers.imports import xlsx as sheet
from customers.imports.errors import FileRefused, ImportUnderWay, MappingInvalid, UndoOver
from customers.models import Company, Import, ImportRow, Person, Preferences
from infra import clock, sheets
from infra.ids import new_id
from surveys import intake, known, publishing, surveys
from surveys.intake import Submission, Target
from surveys.models import Response
from tenants.permissions import SYSTEM
from tests.customers.import_story import Story
from tests.surveys.making import everything


@pytest.fixture
def story(services, own_tenant):
    return Story(services, own_tenant)


def head(content: bytes):
    with files.kept(io.BytesIO(content)) as path:
        form = reading.recognise(path)
        names, _ = reading.head_of(path, form)
        return form, names, [cells for _, cells in reading.rows_of(path, form)]


@pytest.mark.parametrize(
    ("encoding", "mark", "separator", "known_as"),
    [
        ("utf-8", b"\xef\xbb\xbf", ",", "utf-8-sig"),
        ("utf-8", b"", "\t", "utf-8"),
        ("cp1252", b"", ";", "cp1252"),
        ("utf-16-le", b"\xff\xfe", ";", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "|", "utf-16"),
        ("utf-16-le", b"", ",", "utf-16-le"),
    ],
)
def test_encoding_and_separator_are_recognised(encoding, mark, separator, known_as):
    lines = [
        ["Name", "Straße", "Note"],
        ["Jörg Müller", "Köln – Mitte", "two\r\nlines"],
        ["Zoë", "a, b; c", 'say "hi"'],
    ]
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    form, names, rows = head(mark + "\r\n".join(quoted).encode(encoding))
    assert (form["encoding"], form["separator"]) == (known_as, separator)
    assert names == lines[0]
    assert rows == lines[1:]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"Name,Email\n", "nothing below"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "neither"),
        (b"a,b\n" + b'1,"' + b"x" * 3_000_000, "never closed"),
        (b"PK\x03\x04 broken", "damaged"),
        (",".join(f"c{n}" for n in range(1_001)).encode() + b"\n1\n", "1000 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_reason(content, says):
    with pytest.raises(FileRefused) as refused:
        head(content)
    assert says in str(refused.value)


def test_a_thousand_columns_cells_of_a_megabyte_and_equal_headings_are_fine():
    wide = (
        ",".join(["Email"] * 2 + ["x"] * 998) + "\n" + ",".join(["a@x.org", "y" * 1_000_000] + ["1"] * 998) + "\n"
    )
    _, names, rows = head(wide.encode())
    assert names[:3] == ["Email", "Email (2)", "x"]
    assert len(rows[0]) == 1_000
    assert len(rows[0][1]) == 1_000_000


def xlsx(rows: str, shared: str) -> bytes:
    name = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        sheet = f"<worksheet {name}><sheetData>{rows}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", f"<sst {name}>{shared}</sst>")
        formats = "<cellXfs><xf/><xf numFmtId='14'/></cellXfs>"
        archive.writestr("xl/styles.xml", f"<styleSheet {name}>{formats}</styleSheet>")
    return made.getvalue()


def test_a_sheet_gives_texts_numbers_and_days():
    shared = "<si><t>Name</t></si><si><r><t>Ann</t></r><r><t> Lee</t></r></si>"
    rows = (
        "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='C1' t='inlineStr'><is><t>Since</t></is></c>"
        "<c r='D1' t='str'><v>No</v></c></row>"
        "<row r='4'><c r='A4' t='s'><v>1</v></c><c r='C4' s='1'><v>46022</v></c><c r='D4'><v>4711</v></c></row>"
    )
    _, names, found = head(xlsx(rows, shared=shared))
    assert names == ["Name", "", "Since", "No"]
    assert found == [["Ann Lee", "", "2025-12-31", "4711"]]


def test_cells_far_out_without_a_text_make_no_row_wide_and_are_not_waited_for():
    said = "<row><c t='str'><v>name</v></c></row>"
    far = "<row><c r='XFD1'/><c r='XFC1'/></row>" * 2_000
    with files.kept(io.BytesIO(xlsx(said + far, shared=""))) as path:
        assert max(len(cells) for _, cells in sheet.rows(path, most_columns=1_000)) == 1
    with pytest.raises(FileRefused, match="more than 1000 columns"):
        head(xlsx(said + "<row><c r='XFD1' t='str'><v>x</v></c></row>", shared=""))
    begun = clock.now()
    with pytest.raises(FileRefused, match="nothing below"):
        head(xlsx(said + far * 120 + "<row><c t='str'><v>Ann</v></c></row>", shared=""))
    assert (clock.now() - begun).total_seconds() < 10


def test_a_sheet_that_unfolds_to_gigabytes_or_declares_entities_is_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * (60 << 20))
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as archive:
        text = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", text)
    for content, says in ((bomb, "unfolds"), (entities, "damaged")):
        with pytest.raises(FileRefused, match=says):
            head(content.getvalue())


def damaged_sheets():
    rows = "<row r='%s'><c r='%s' t='str'><v>Email</v></c></row><row r='1'><c t='str'><v>a@x.org</v></c></row>"
    whole = xlsx(rows % ("1", "A1"), shared="")
    start = whole.index(b"sheet1.xml") + 10
    return {
        "a cell that no column has": xlsx(rows % ("1", "\u00df1"), shared=""),
        "a row that no sheet has": xlsx(rows % ("9" * 30, "A1"), shared=""),
        "broken packing": whole[:start] + b"\xff" * 20 + whole[start + 20 :],
        "another packing": whole.replace(b"\x08\x00", b"\x0c\x00"),
        "a part before the file": whole[:-6] + (1 << 20).to_bytes(4, "little") + whole[-2:],
        "no directory": whole[:-30],
        **{f"a part at {place}": beyond(whole, place) for place in (2**44, 2**62, 2**63 - 1, 2**63)},
    }


def beyond(whole, place):
    """The file with its last part's place said in zip64, far behind the end."""
    at = whole.rindex(b"PK\x01\x02")
    extra = b"\x01\x00\x08\x00" + place.to_bytes(8, "little")
    name = at + 46 + int.from_bytes(whole[at + 28 : at + 30], "little")
    entry = whole[at : at + 30] + len(extra).to_bytes(2, "little") + whole[at + 32 : at + 42] + b"\xff" * 4
    ends = whole.rindex(b"PK\x05\x06")
    size = int.from_bytes(whole[ends + 12 : ends + 16], "little") + len(extra)
    rest = whole[ends : ends + 12] + size.to_bytes(4, "little") + whole[ends + 16 :]
    return whole[:at] + entry + whole[at + 46 : name] + extra + rest


def test_a_sheet_that_is_broken_in_whatever_way_is_refused_as_damaged():
    for what, content in damaged_sheets().items():
        with pytest.raises(FileRefused) as refused:
            head(content)
        assert "is damaged" in str(refused.value), what


def test_rows_that_say_a_number_that_was_there_already_are_read_all_the_same():
    rows = "".join(f"<row r='{number}'><c t='str'><v>a{number}</v></c></row>" for number in (3, 1, -7))
    with files.kept(io.BytesIO(xlsx(rows, shared=""))) as path:
        assert list(sheet.rows(path, most_columns=9)) == [(3, ["a3"]), (4, ["a1"]), (5, ["a-7"])]


def test_a_directory_of_millions_of_parts_is_refused_before_it_is_read():
    entry = b"PK\x01\x02" + bytes(42)
    directory = entry * 100_000
    ends = b"PK\x05\x06" + bytes(4) + b"\x01\x00\x01\x00" + len(directory).to_bytes(4, "little") + bytes(6)
    began = time.process_time()
    with pytest.raises(FileRefused, match="unfolds"):
        head(b"PK\x03\x04" + bytes(30) + directory + ends)
    assert time.process_time() - began < 0.5


def test_columns_are_guessed_in_three_languages_and_remembered(story):
    import_id = story.begin("Kundennr.;Vorname;Nachname;E-Mail;Firma;Farbe\n1;Ann;Lee;ann@x.org;Acme;rot\n")
    assert story.get(import_id).mapping == ["external_id", "first_name", "last_name", "email", "company", ""]
    french = story.begin("Prénom,Nom,Courriel\nZoé,Roux,zoe@x.org\n")
    assert story.get(french).mapping == ["first_name", "last_name", "email"]
    story.check(import_id, ["", "first_name", "last_name", "email", "", "new.text"])
    again = story.begin("Kundennr.;Vorname;Nachname;E-Mail;Firma;Farbe\n2;Bo;Lee;bo@x.org;Acme;rot\n")
    assert story.get(again).mapping == ["", "first_name", "last_name", "email", "", ""]


def test_a_check_says_what_would_happen_and_changes_nothing_then_it_happens(story):
    with story.session() as session:
        people.add(session, by=SYSTEM, name="Ann", email="ann@x.org", external_id="K-1")
        people.add(session, by=SYSTEM, name="Bo", email="bo@x.org")
    content = (
        "Id,Name,Email,Company,Seats\n"
        "K-1,Ann Lee,new@x.org,Acme,7\n"  # by external id
        ",Bo Berg,BO@x.org,acme,\n"  # by address; an empty cell leaves what is there
        "K-3,Cy,cy@x.org,Globex,12\n"
        "K-3,Cy Young,,,\n"  # the same one again
        ",Dee,dee(at)x.org,,1\n"  # no address
        "K-5,=cmd(),e@x.org,,many\n"  # no number
        ",,,Acme,\n"  # nobody
    )
    mapping = ["external_id", "name", "email", "company", "new.number"]
    import_id = story.begin(content)
    checked = story.check(import_id, mapping)
    expected = {"added": 1, "updated": 3, "skipped": 0, "wrong": 3, "companies": 2}
    assert (checked.state, checked.rows, checked.counts) == ("checked", 7, expected)
    assert [row for row, _ in checked.wrong] == [6, 7, 8]
    with story.session() as session:
        assert people.count_people(session) == 2
        assert list_attributes(session, "person") == []
    story.work(story.start(import_id))
    done = story.get(import_id)
    assert (done.state, done.counts) == ("done", expected)
    with story.session() as session:
        ann = people.find_by_external_id(session, "K-1")
        assert (ann.identity.name, ann.identity.email, ann.attributes) == ("Ann Lee", "new@x.org", {"seats": 7})
        [bo] = people.find_by_email(session, "bo@x.org")
        assert (bo.identity.name, bo.attributes, bo.company_id) == ("Bo Berg", {}, ann.company_id)
        cy = people.find_by_external_id(session, "K-3")
        assert (cy.identity.name, cy.source) == ("Cy Young", "import")
        assert cy.identity.tokens
        assert people.list_people(session).total == 3
    told = story.errors(done)
    assert "K-5,'=cmd(),e@x.org,,many," in told
    assert "Reason" in told.splitlines()[0]
    assert "Seats: Write a number" in told


def test_those_who_are_there_can_be_left_as_they_are(story):
    story.run("Id,Name\nK-1,Ann\n")
    done = story.run("Id,Name\nK-1,Other\nK-2,Bo\n", policy="skip")
    assert (done.counts["added"], done.counts["skipped"]) == (1, 1)
    with story.session() as session:
        assert people.find_by_external_id(session, "K-1").identity.name == "Ann"


def test_two_with_one_address_are_told_apart_by_external_id_or_said(story):
    with story.session() as session:
        people.add(session, by=SYSTEM, name="Ann", email="info@x.org", external_id="K-1")
        people.add(session, by=SYSTEM, name="Bo", email="info@x.org", external_id="K-2")
    done = story.run("Id,Name,Email\nK-3,Cy,info@x.org\n,Who,info@x.org\n")
    assert (done.counts["added"], done.counts["wrong"]) == (1, 1)
    assert "Several customers" in story.errors(done)


def test_undoing_removes_who_was_added_and_restores_who_was_changed_but_leaves_what_somebody_touched(story):
    with story.session() as session:
        old = people.add(session, by=SYSTEM, name="Ann", email="ann@x.org", external_id="K-1", language="de")
        kept, before = old.id, old.updated_at
    done = story.run(
        "Id,Name,Email,Company\nK-1,Ann Lee,a@y.org,Acme\nK-2,Bo,,Acme\nK-3,Cy,,Globex\nK-4,Dee,,\nK-1,Ann L.,,\n"
    )
    with story.session() as session:
        changed = people.find_by_external_id(session, "K-3")
        people.change(session, changed, by=SYSTEM, language="fr")
        spoken = people.find_by_external_id(session, "K-4")
        interactions.log(session, spoken, by=SYSTEM, channel="call", direction="in", summary="Hello")
        gone = people.find_by_external_id(session, "K-2").id
    undone = story.undo(done)
    assert (undone.state, len(undone.left)) == ("undone", 2)
    assert {str(changed.id), str(spoken.id)} == set(undone.left)
    with story.session() as session:
        ann = people.get(session, kept)
        shown = (ann.identity.name, ann.identity.email, ann.company_id, ann.language, ann.updated_at)
        assert shown == ("Ann", "ann@x.org", None, "de", before)
        assert session.get(Person, gone) is None
        assert people.find_by_email(session, "ann@x.org") == [ann]
        assert [row.name for row in session.scalars(select(Company))] == ["Globex"]
    with story.session() as session:  # once more does nothing
        assert verbs.undo(session, verbs.get(session, done.id), by=SYSTEM).id == undone.job_id


def test_undoing_a_file_that_changes_whom_it_added_ends_whole(story):
    done = story.run("Id,Name\nK-1,Ann\nK-2,Bo\nK-1,Ann Lee\n")
    assert (done.counts["added"], done.counts["updated"]) == (2, 1)
    undone = story.undo(done)
    rows, of = story.progress(undone)
    assert rows == of


def test_what_an_export_made_neutral_comes_back_in_as_it_was(story):
    rows = sheets.lines([["K-1", "@work GmbH", "+4930123456"], ["K-2", "'t Hart", ""], ["K-3", "'=cmd", ""]])
    story.run("external_id,name,phone\n" + rows.decode())
    with story.session() as session:
        found = [people.find_by_external_id(session, f"K-{number}").identity for number in (1, 2, 3)]
        assert [each.name for each in found] == ["@work GmbH", "'t Hart", "=cmd"]
        assert found[0].phone == "+4930123456"


def test_undoing_leaves_who_answered_chose_or_has_a_link(story):
    done = story.run("Id,Name\nK-1,Ann\nK-2,Bo\nK-3,Cy\nK-4,Dee\n")
    with story.session() as session:
        ids = [people.find_by_external_id(session, f"K-{number}").id for number in (1, 2, 3, 4)]
        made = surveys.create_from_document(session, "How was it?", everything(), zone="UTC")
        publishing.publish(session, made)
        target = Target.of(publishing.find_live(session, made.address))
        submission = Submission(key=new_id(), revision=1, language="en", answers={"q_score": "9"})
        answer = intake.submit(session, target, submission)
        session.execute(update(Response).where(Response.id == answer.response_id).values(person_id=ids[0]))
        session.add(Preferences(person_id=ids[1], every_days=90))
        known.issue_link(session, made, ids[2])
    undone = story.undo(done)
    assert sorted(undone.left) == sorted(map(str, ids[:3]))
    with story.session() as session:
        assert set(session.scalars(select(Person.id))) == set(ids[:3])


def test_an_import_is_begun_once_and_taken_back_within_thirty_days(story):
    import_id = story.begin("Name\nAnn\n")
    with story.session() as session, pytest.raises(ImportUnderWay):
        verbs.start(session, verbs.get(session, import_id), by=SYSTEM)
    story.check(import_id)
    assert story.start(import_id) == story.start(import_id)
    with story.session() as session, pytest.raises(ImportUnderWay):
        verbs.undo(session, verbs.get(session, import_id), by=SYSTEM)
    story.work(story.get(import_id).job_id)
    with story.session() as session:
        verbs.get(session, import_id).begun_at = clock.now() - verbs.UNDO_FOR
    with story.session() as session, pytest.raises(UndoOver):
        verbs.undo(session, verbs.get(session, import_id), by=SYSTEM)


@pytest.mark.parametrize(
    "mapping", [["email", "email"], ["", ""], ["nonsense", "name"], ["name"], ["language", "zone"]]
)
def test_a_mapping_that_makes_no_sense_is_refused(story, mapping):
    import_id = story.begin("A,B\n1,2\n")
    with pytest.raises(MappingInvalid):
        story.check(import_id, mapping)


@pytest.mark.processes
def test_two_imports_of_the_same_file_at_once_add_everybody_once(story):
    content = "Id,Name,Email,Company\n" + "".join(f"K-{n},P {n},p{n}@x.org,C {n % 7}\n" for n in range(2_500))
    jobs = []
    for _ in range(2):
        import_id = story.begin(content)
        story.check(import_id)
        jobs.append(story.start(import_id))
    threads = [Thread(target=story.work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with story.session() as session:
        assert people.count_people(session) == 2_500
        assert session.scalar(select(func.count()).select_from(Company)) == 7
        rows = session.scalars(select(Import)).all()
        assert {row.state for row in rows} == {"done"}
        assert sum(row.counts["added"] for row in rows) == 2_500


KILLED = """
import sys
from contextvars import Context
from infra import long_jobs
from infra.db import TenantRef
from infra.services import Services
from infra.settings import load
from uuid import UUID
import customers.imports.work
services = Services.start(load())
tenant = TenantRef(UUID(sys.argv[1]), sys.argv[2], sys.argv[3])
print("ready", flush=True)
long_jobs.run(services, tenant, long_job=sys.argv[4])
"""


@pytest.mark.processes
def test_a_worker_that_is_killed_in_the_middle_leaves_nobody_out_and_nobody_twice(story, environment):
    import_id = story.begin("Name,Note\n" + "".join(f"Person {n},x\n" for n in range(8_000)))
    story.check(import_id)
    job = story.start(import_id)
    tenant = story.tenant
    arguments = [str(tenant.id), tenant.slug, tenant.cell, str(job)]
    worker = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], env=environment, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while story.get(import_id).position == 0 and time.monotonic() < deadline:
        assert worker.poll() is None
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert 0 < story.get(import_id).position < 8_001
    with story.session() as session:  # as the sweeper does once the heartbeat is stale
        session.get_one(verbs.LongJob, job).state = "waiting"
    story.work(job)
    with story.session() as session:
        assert people.count_people(session) == 8_000
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 8_000
    assert story.get(import_id).counts["added"] == 8_000


def test_another_tenant_sees_nothing_of_it(story, services, globex):
    import_id = story.begin("Name\nAnn\n")
    with services.db.tenant_session(globex) as session:
        assert session.get(Import, import_id) is None
