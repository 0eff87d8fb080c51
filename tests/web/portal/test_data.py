"""My data: seen whole, corrected, downloaded, and asked to be deleted."""

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select

from customers import attributes, interactions, merging
from customers.models import ErasureRequest, Person, Segment, SegmentMember, Task
from customers.portal import erasure, freshness, sessions
from customers.portal.letters import CHANGED_LETTER
from infra.clock import now
from infra.events import RecordedEvent
from infra.ids import new_id
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM
from tests.web.portal.openid_story import identities, linked, trusted
from tests.web.portal.story import comes_in, types
from tests.web.story import text_of


def deeds(town):
    town.session.expire_all()
    return [
        each for each in town.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)) if "portal" in each
    ]


def test_everything_is_seen_and_downloaded_and_nothing_runs_as_a_formula(browser, town):
    eva = town.customer(name="=cmd()", phone="+49301234567")
    tier = attributes.declare(town.session, by=SYSTEM, subject="person", label="Tier", type="text")
    eva.attributes = {tier.code: "gold"}
    interactions.log(
        town.session, eva, by=SYSTEM, channel="call", direction="in", summary="@Asked about oats", at=now()
    )
    town.session.flush()
    page = comes_in(browser(), town, eva)
    seen = text_of(page.get("portal.data"))
    for words in ("=cmd()", "eva@example.org", "Tier", "gold", "@Asked about oats", "From you"):
        assert words in seen
    file = page.submit(page.get("portal.data"), "/data/file", expect=200)
    folder = zipfile.ZipFile(io.BytesIO(file.data))
    file.close()
    whole = json.loads(folder.read("data.json"))
    assert whole["identity"][0]["name"] == "=cmd()"
    assert whole["interactions"][0]["summary"] == "@Asked about oats"
    rows = list(csv.reader(io.StringIO(folder.read("identity.csv").decode("utf-8-sig"))))
    assert "'=cmd()" in rows[1]
    assert "'@Asked about oats" in folder.read("interactions.csv").decode()
    assert {"portal.data_viewed", "portal.data_downloaded"} <= set(deeds(town))


def test_people_correct_their_data_and_only_what_is_theirs(browser, town):
    mine = attributes.declare(town.session, by=SYSTEM, subject="person", label="Allergies", type="text", own=True)
    ours = attributes.declare(town.session, by=SYSTEM, subject="person", label="Tier", type="text")
    eva = town.customer()
    page = comes_in(browser(), town, eva)
    form = page.get("portal.correction")
    assert "Allergies" in text_of(form)
    assert "Tier" not in text_of(form)
    wrong = {"name": "Eva Braun", "phone": "no number", f"attributes.{mine.code}": "nuts"}
    again = page.submit(form, "/data/correction", expect=422, **wrong)
    assert "nuts" in again.text
    right = {**wrong, "phone": "+49 30 7654321", "language": "de", f"attributes.{ours.code}": "gold"}
    page.submit(again, "/data/correction", **right)
    town.session.expire_all()
    stored = town.session.get_one(Person, eva.id)
    assert (stored.identity.name, stored.identity.phone, stored.language) == ("Eva Braun", "+49307654321", "de")
    assert stored.attributes == {mine.code: "nuts"}
    entry = town.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.changed")).one()
    assert (entry.actor_kind, entry.actor_id) == ("person", eva.id)


def test_another_address_is_taken_only_with_its_code_and_the_old_one_is_told(browser, town, example):
    eva = town.customer()
    here, elsewhere = comes_in(browser(), town, eva), comes_in(browser(), town, eva)
    linked(town, trusted(town, example.issuer), example, eva)
    here.submit(here.get("portal.correction"), "/data/email", email="eva@new.example")
    proof = town.last_proof()
    (mail,) = town.made(proof.id)
    assert (mail.to, eva.identity.email) == ("eva@new.example", "eva@example.org")
    page = here.get("portal.email_code")
    here.submit(page, "/email/code", expect=422, code="00000000" if mail.code != "00000000" else "1")
    here.submit(page, "/email/code", code=mail.code)
    town.session.expire_all()
    assert town.session.get_one(Person, eva.id).identity.email == "eva@new.example"
    assert [each.to for each in town.made(proof.id)][-1] == "eva@example.org"
    here.get("portal.data")
    elsewhere.get("portal.data", expect=303)
    assert identities(town) == []


def test_the_mailbox_before_is_told_a_day_later_once_more_when_a_thief_has_lost_it(browser, town):
    here = comes_in(browser(), town, town.customer())
    here.submit(here.get("portal.correction"), "/data/email", email="thief@example.com")
    proof = town.last_proof()
    (mail,) = town.made(proof.id)
    here.submit(here.get("portal.email_code"), "/email/code", code=mail.code)
    told = [each for each in town.contacts(proof.id) if each.letter == CHANGED_LETTER]
    waits = sorted(each.due_at - now() for each in told)
    assert len(told) == 2
    assert waits[0] < timedelta(minutes=5)
    assert timedelta(hours=23) < waits[1] <= timedelta(hours=24)
    with time_machine.travel(now() + timedelta(days=1, minutes=5)):
        assert [each.to for each in town.made(proof.id)] == ["eva@example.org"] * 2


def test_an_open_browser_is_not_enough_for_another_address_or_account(browser, town, example):
    provider = trusted(town, example.issuer)
    here = comes_in(browser(), town, town.customer())
    form, places = here.get("portal.correction"), here.get("portal.places")
    with time_machine.travel(now() + timedelta(minutes=16)):
        asked = here.submit(form, "/data/email", email="thief@example.com")
        assert asked.location.endswith("/portal/proof?next=/portal/data/correction")
        sent = here.submit(places, f"/with/{provider.id}")
        assert sent.location.endswith("/portal/proof?next=/portal/places")
        assert "Change my address" in text_of(here.get("portal.correction"))
        page = here.get(asked.location)
        assert "eva@example.org" in text_of(page)
        here.submit(page, "/portal/proof")
        (mail,) = town.mails()
        assert mail.to == "eva@example.org"
        back = types(here, mail.code)
        assert back.location.endswith("/portal/data/correction")
        here.submit(here.get(back.location), "/data/email", email="eva@new.example")
        here.submit(here.get("portal.places"), f"/with/{provider.id}", expect=200)
        assert here.get("/portal/proof?next=https://evil.example/", expect=302).location == "/portal"


def test_who_came_in_by_an_account_proves_the_mailbox_where_there_is_one(town):
    eva, bare = town.customer(), town.customer(None, phone="+49301234567")
    for who, fresh in ((eva, False), (bare, True)):
        living, _ = sessions.start(town.session, who, how="openid", agent="/")
        assert freshness.is_fresh(living, who) is fresh


def test_a_request_to_be_deleted_is_one_task_and_can_be_taken_back(browser, town, ada):
    eva = town.customer()
    page = comes_in(browser(), town, eva)
    form = page.get("portal.erasure")
    page.submit(form, "/data/erasure")
    page.submit(form, "/data/erasure")
    (asked,) = town.session.scalars(select(ErasureRequest).where(ErasureRequest.person_id == eva.id))
    (task,) = town.session.scalars(select(Task).where(Task.person_id == eva.id))
    assert (task.source, task.source_ref, task.due_at) == ("person", asked.id, asked.due_at)
    (mail,) = town.made(asked.id)
    assert mail.to == "eva@example.org"
    assert "You asked on" in text_of(page.get("portal.erasure"))
    page.submit(page.get("portal.erasure"), "/erasure/withdrawal")
    town.session.expire_all()
    assert (asked.state, task.state) == ("withdrawn", "cancelled")
    page.submit(page.get("portal.erasure"), "/data/erasure")
    assert {"portal.erasure_asked", "portal.erasure_withdrawn"} <= set(deeds(town))


def test_preferences_are_open_without_a_second_proof_and_lead_back(browser, town):
    page = comes_in(browser(), town, town.customer())
    way = page.get("portal.preferences", expect=303).location
    assert "Back to your pages" in text_of(page.get(way))


def test_what_somebody_has_is_theirs_alone_and_goes_on_page_by_page(browser, town):
    eva, zoe = town.customer(), town.customer("zoe@example.org", "Zoe Green")
    for number in range(55):
        for whose in (eva, zoe):
            said = {
                "channel": "call",
                "direction": "in",
                "summary": f"{whose.id.hex[-6:]} no. {number}",
                "at": now(),
            }
            interactions.log(town.session, whose, by=SYSTEM, **said)
    page = comes_in(browser(), town, eva)
    first = page.get("portal.data_part", "interactions")
    older = page.get(BeautifulSoup(first.text, "html.parser").find("a", string="Older ones")["href"])
    seen = text_of(first) + text_of(older)
    assert all(f"{eva.id.hex[-6:]} no. {number} " in seen for number in range(55))
    assert zoe.id.hex[-6:] not in seen
    page.get("portal.data_part", "nothing", expect=404)
    page.get("/portal/data/parts/interactions?after=1", expect=404)


def ended(town, task):
    """What follows from the end of a task."""
    erasure.settle(town.session, [RecordedEvent(new_id(), "customers.task_ended", task.id, {}, now())])


@pytest.mark.parametrize("outcome", ["solved", "reached", "not_reached"])
def test_nobody_is_told_that_they_are_deleted_while_they_are_here(browser, town, ada, as_staff, acme, outcome):
    eva = town.customer()
    asked = erasure.request(town.session, eva)
    desk = as_staff("owner").at(acme)
    page = desk.get("console.tasks.task", asked.task_id)
    refused = desk.submit(page, "/completion", expect=422, outcome=outcome, note="All gone.")
    assert "still here" in text_of(refused)
    task = town.session.get_one(Task, asked.task_id)
    assert task.state == "open"
    task.state, task.outcome, task.ended_at = "done", outcome, now()  # as it was ended before this was asked
    ended(town, task)
    assert asked.state == "open"
    assert "You asked on" in text_of(comes_in(browser(), town, eva).get("portal.erasure"))


def test_a_request_is_refused_with_a_reason_that_the_customer_reads(browser, town, ada, as_staff, acme):
    eva = town.customer()
    asked = erasure.request(town.session, eva)
    desk = as_staff("owner").at(acme)
    page = desk.get("console.tasks.task", asked.task_id)
    assert "Write why" in text_of(desk.submit(page, "/completion", expect=422, outcome="other", note=""))
    desk.submit(page, "/completion", outcome="other", note="Invoices are kept for ten years.")
    ended(town, town.session.get_one(Task, asked.task_id))
    assert asked.state == "refused"
    guest = comes_in(browser(), town, eva)
    assert "Refused" in text_of(guest.get("portal.erasure"))
    assert "Invoices are kept for ten years." in text_of(guest.get("portal.data_part", "tasks"))


def test_an_erasure_makes_the_request_done_and_ends_the_task_also_of_who_was_merged(town, ada):
    eva, twin = town.customer(), town.customer("twin@example.org")
    asked = erasure.request(town.session, twin)
    merging.merge(town.session, eva.id, twin.id, by=SYSTEM)
    eva.erased_at = now()
    town.session.flush()
    erasure.on_person_erased(town.session, [RecordedEvent(new_id(), "customers.person_erased", eva.id, {}, now())])
    town.session.expire_all()
    task = town.session.get_one(Task, asked.task_id)
    assert (asked.state, task.state, task.outcome) == ("done", "done", "solved")


def test_what_was_taken_apart_and_what_stands_twice_is_not_told(browser, town):
    eva, twin, adam = town.customer(), town.customer("twin@example.org"), town.customer("adam@example.org")
    merging.merge(town.session, eva.id, twin.id, by=SYSTEM)
    wrong = merging.merge(town.session, eva.id, adam.id, by=SYSTEM)
    merging.unmerge(town.session, wrong.id, by=SYSTEM)
    group = Segment(name="Friends of oats", kind="frozen", frozen_at=now())
    town.session.add(group)
    town.session.flush()
    town.session.add_all(SegmentMember(segment_id=group.id, person_id=each.id) for each in (eva, twin, adam))
    town.session.flush()
    page = comes_in(browser(), town, eva)
    assert text_of(page.get("portal.data_part", "segments")).count("Friends of oats") == 1
    seen = text_of(page.get("portal.data_part", "merges"))
    assert str(twin.id) in seen
    assert str(adam.id) not in seen
