"""The files of a person are in their download, as they are; what may do harm does not run by a double click."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import time_machine

from customers import interactions
from customers.models import InboundMail
from customers.portal import own_files, throttle
from infra.clock import now
from infra.ids import new_id
from infra.storage import tenant_key
from surveys import files as survey_files
from surveys import intake, publishing, surveys
from surveys.intake import Submission, Target
from surveys.models import Response
from tenants.permissions import SYSTEM
from tests.surveys.making import document, question
from tests.web.portal.story import comes_in
from tests.web.story import text_of


def kept(town, name, content, **more):
    """A file in storage, and how it is noted."""
    key = tenant_key(town.tenant, "interactions", new_id().hex, "0")
    if content is not None:
        town.services.storage.put(key, content, content_type="application/octet-stream")
    return {"name": name, "type": "x", "bytes": len(content or b"gone"), "file": str(key), **more}


def talked(town, whose, at, *files):
    made = interactions.log(
        town.session, whose, by=SYSTEM, channel="letter", direction="in", summary="A letter", at=at
    )
    made.attachments = list(files)
    town.session.flush()


def mailed(town, sender, state, *files):
    made = InboundMail(
        message_hash=new_id().bytes,
        variant=b"v",
        local_part="hello",
        file="x",
        size=1,
        state=state,
        sender=sender,
        received_at=now(),
        attachments=list(files),
    )
    town.session.add(made)
    town.session.flush()


def downloaded(browser, town, whose):
    page = comes_in(browser(), town, whose)
    file = page.submit(page.get("portal.data"), "/data/file", expect=200)
    folder = zipfile.ZipFile(io.BytesIO(file.data))
    file.close()
    assert folder.testzip() is None
    table = folder.read(own_files.TABLE).decode("utf-8-sig") if own_files.TABLE in folder.namelist() else ""
    names = [each for each in folder.namelist() if each.startswith("files/")]
    return {each: folder.read(each) for each in names}, list(csv.DictReader(io.StringIO(table)))


def test_files_of_letters_and_mails_are_in_the_download_and_nobody_elses(browser, town):
    eva, zoe = town.customer(), town.customer("zoe@example.org", "Zoe Green")
    long_ago = datetime(1975, 3, 31, tzinfo=UTC)
    talked(town, eva, long_ago, kept(town, "Brief.pdf", b"%PDF-1.7 letter"))
    talked(town, zoe, now(), kept(town, "hers.pdf", b"%PDF-1.7 hers"))
    mailed(town, "eva@example.org", "unassigned", kept(town, "../../=cup.png", b"\x89PNG cup"))
    mailed(town, "zoe@example.org", "unassigned", kept(town, "hers.png", b"\x89PNG hers"))
    mailed(town, "eva@example.org", "logged", kept(town, "twice.png", b"stands with its contact"))
    files, table = downloaded(browser, town, eva)
    assert sorted(files.values()) == [b"%PDF-1.7 letter", b"\x89PNG cup"]
    assert [name for name in files if name.endswith("1975-03-31 Brief.pdf")]
    assert all(name.count("/") == 1 and ".." not in name and "=" not in name for name in files)
    assert [row["State"] for row in table] == ["Included", "Included"]
    assert table[1]["Name"] == "Brief.pdf"


def test_what_may_do_harm_has_another_name_and_what_is_gone_or_too_much_is_said(browser, town, monkeypatch):
    monkeypatch.setattr(own_files, "MOST", 20)
    eva, moment = town.customer(), now()
    talked(town, eva, moment, kept(town, "invoice.exe", b"MZ program", risk="program"))
    talked(town, eva, moment - timedelta(days=1), kept(town, "lost.pdf", None))
    talked(town, eva, moment - timedelta(days=2), kept(town, "film.mp4", b"x" * 21))
    talked(town, eva, moment - timedelta(days=3), kept(town, "note.txt", b"short"))
    files, table = downloaded(browser, town, eva)
    assert [name.rpartition(" ")[2] for name in sorted(files)] == ["invoice.exe.unsafe", "note.txt"]
    said = {row["Name"]: row["State"] for row in table}
    assert "may do harm" in said["invoice.exe"]
    assert said["lost.pdf"] == "Not there any more"
    assert said["film.mp4"].startswith("Too much")
    assert said["note.txt"] == "Included"


def test_only_so_many_files_are_fetched_for_one_download_however_small_they_are(browser, town, monkeypatch):
    monkeypatch.setattr(own_files, "MOST_FILES", 2)
    eva, moment = town.customer(), now()
    for day in range(3):
        talked(town, eva, moment - timedelta(days=day), kept(town, f"{day}.txt", b"short"))
    files, table = downloaded(browser, town, eva)
    assert [name.rpartition(" ")[2] for name in sorted(files)] == ["0.txt", "1.txt"]
    assert [row["State"] for row in table] == ["Included", "Included", own_files.LARGE]


def test_a_file_that_nobody_ever_judged_is_judged_before_it_is_handed_out(browser, town):
    eva, moment = town.customer(), now()
    talked(town, eva, moment, kept(town, "invoice.pdf", b"MZ program"), kept(town, "note.txt", b"words"))
    talked(town, eva, moment - timedelta(days=1), kept(town, "page.html", b"words", risk=None))
    files, _ = downloaded(browser, town, eva)
    assert [name.rpartition(" ")[2] for name in sorted(files)] == ["invoice.pdf.unsafe", "note.txt", "page.html"]


def test_ones_own_data_are_downloaded_so_often_within_an_hour_and_no_other_is_hindered(browser, town, monkeypatch):
    monkeypatch.setattr(throttle, "DOWNLOADS", 2)
    eva, zoe = town.customer(), town.customer("zoe@example.org", "Zoe Green")
    page = comes_in(browser(), town, eva)
    for _ in range(2):
        page.submit(page.get("portal.data"), "/data/file", expect=200).close()
    refused = page.submit(page.get("portal.data"), "/data/file", expect=429)
    assert "downloaded your data several times" in text_of(refused)
    assert int(refused.headers["Retry-After"]) > 3_000
    assert downloaded(browser, town, zoe) == ({}, [])
    with time_machine.travel(now() + timedelta(minutes=61), tick=True):
        again = comes_in(browser(), town, eva)
        again.submit(again.get("portal.data"), "/data/file", expect=200).close()


def test_files_sent_along_with_answers_are_in_the_download_of_whoever_sent_them(browser, town, joined):
    eva, zoe = town.customer(), town.customer("zoe@example.org", "Zoe Green")
    asked = document([question("proof", "file_upload")])
    survey = surveys.create_from_document(town.session, "Your bill", asked, zone="UTC")
    publishing.publish(town.session, survey)
    live = publishing.find_live(town.session, survey.address)
    for person, content in ((eva, b"%PDF-1.7 hers"), (zoe, b"%PDF-1.7 another's")):
        place = survey_files.Place(town.tenant, survey.id, uuid4(), next(live.definition.questions))
        found = survey_files.check(place, io.BytesIO(content), "bill.pdf")
        survey_files.store(joined.db, town.services.storage, place, found, io.BytesIO(content))
        sent = Submission(key=place.submission, revision=1, language="en", answers={"q_proof": [found]})
        stored = intake.submit(town.session, Target.of(live), sent)
        town.session.get(Response, stored.response_id).person_id = person.id
    town.session.flush()
    files, table = downloaded(browser, town, eva)
    assert list(files.values()) == [b"%PDF-1.7 hers"]
    assert [row["Name"] for row in table] == ["bill.pdf"]
