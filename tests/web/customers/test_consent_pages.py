"""What staff see and do about consent, messages and addresses not written to."""

import io
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from customers import consent, contact, contact_rules, suppressions, suppressions_files, topics
from customers.models import Consent, Suppression
from infra import long_jobs
from infra.ids import new_id
from infra.long_jobs import LongJob
from tenants.models import AuditEntry
from tenants.permissions import Actor
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.web.story import Person as Visitor
from tests.web.story import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from web.application import Application


@pytest.fixture
def admin(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, "admin").at(acme)


@pytest.fixture
def editor(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, "editor").at(acme)


def test_staff_note_what_they_were_told_and_its_proof_stands_on_the_page(
    session: "Session", editor: Visitor
) -> None:
    person = somebody(session)
    page = editor.get("console.customers.consent", person)
    assert "Nothing was said yet" in text_of(page)
    told = {"what": "news", "state": "given", "how": ""}
    refused = editor.post("console.customers.record_consent", person, data=told, expect=422)
    assert "Say how it was given" in text_of(refused)
    editor.post("console.customers.record_consent", person, data={**told, "how": "By phone, <b>she</b> said yes"})
    shown = editor.get("console.customers.consent", person)
    assert "By phone, <b>she</b> said yes" in text_of(shown)
    assert "&lt;b&gt;" in shown.text
    act = session.scalars(select(Consent)).one()
    assert (act.state, act.source, act.by_id) == ("given", "staff", editor.member_id)
    assert act.text_digest in shown.text
    deed = session.scalars(select(AuditEntry).where(AuditEntry.action == "consent.given")).one()
    assert (deed.subject_id, deed.data["purpose"]) == (person.id, "news")


def test_an_analyst_reads_and_does_not_note(app: "Application", session: "Session", acme: "TenantRef") -> None:
    person = somebody(session)
    analyst = Visitor(app, "analyst").at(acme)
    assert "Note what they told you" not in text_of(analyst.get("console.customers.consent", person))
    analyst.post("console.customers.record_consent", person, expect=403)


def test_every_refusal_is_listed_with_its_reason_and_counted(session: "Session", editor: Visitor) -> None:
    fine, gone = somebody(session), somebody(session)
    consent.withdraw(session, gone.id, "survey", LINK)
    contact.request_many(session, [fine.id, gone.id], "survey", ref=new_id(), key="spring")
    everything = text_of(editor.get("/console/customers/contacts"))
    assert "Waits to be sent" in everything
    assert "The customer does not want this 1" in everything
    only = editor.get("/console/customers/contacts?reason=withdrawn")
    assert "Waits to be sent" not in text_of(only)
    assert f"/console/customers/{gone.id}/consent" in only.text
    assert "No message fits" in text_of(editor.get("/console/customers/contacts?reason=budget"))
    editor.get("/console/customers/contacts?reason=made-up&after=junk&person=x")
    assert "Not sent" in text_of(editor.get("console.customers.consent", gone))


def test_contact_rules_are_saved_section_by_section_and_say_what_they_mean(
    session: "Session", admin: Visitor
) -> None:
    page = text_of(admin.get("console.settings.contact_rules"))
    assert "every third day" in page
    admin.post("console.settings.save_budget", data={"most": "1", "days": "30"})
    admin.post("console.settings.save_budget", data={"most": "0", "days": "x"}, expect=422)
    quiet = {"quiet_from": "20:00", "quiet_until": "09:30", "quiet_weekdays": ["7"]}
    admin.post("console.settings.save_quiet_hours", data=quiet)
    admin.post("console.settings.save_quiet_hours", data={**quiet, "quiet_until": ""}, expect=422)
    admin.post("console.settings.save_quiet_hours", data={**quiet, "quiet_from": "25:00"}, expect=422)
    everything = {"quiet_weekdays": [str(day) for day in range(1, 8)]}
    admin.post("console.settings.save_quiet_hours", data={**quiet, **everything}, expect=422)
    rules = {"asked_first": ["survey"], "confirmed": ["news"], "channels": ["email", "sms"], "age_news": "16"}
    admin.post("console.settings.save_consent_rules", data=rules)
    admin.post("console.settings.save_consent_rules", data={**rules, "age_news": "x"}, expect=422)
    admin.post("console.settings.save_soft_bounces", data={"soft_bounces": "3", "soft_bounce_days": "10"})
    now = contact_rules.get(session)
    assert (now.most, now.days, now.quiet_from, now.quiet_until, now.quiet_weekdays) == (1, 30, 1200, 570, [7])
    assert (now.asked_first, now.confirmed, now.ages, now.channels) == (
        ["survey"],
        ["news"],
        {"news": 16},
        ["email", "sms"],
    )
    assert (now.soft_bounces, now.soft_bounce_days) == (3, 10)


def test_topics_and_wordings_are_the_tenants_own(session: "Session", admin: Visitor) -> None:
    admin.post("console.settings.add_topic", data={"purpose": "news", "code": "tastings", "name_en": "Tastings"})
    admin.post(
        "console.settings.add_topic", data={"purpose": "news", "code": "tastings", "name_en": "x"}, expect=409
    )
    admin.post("console.settings.add_topic", data={"purpose": "news", "code": "Bad code"}, expect=422)
    topic = topics.get_by_code(session, "tastings")
    admin.post("console.settings.save_topic", topic, data={"name_en": "Evenings"})
    admin.post("console.settings.archive_topic", topic)
    admin.post("console.settings.restore_topic", topic)
    session.refresh(topic)
    assert (topics.name_of(topic, "de"), topic.archived_at) == ("Evenings", None)
    words = {"purpose": "news", "locale": "en", "words": "Our letter, please."}
    empty = admin.post("console.settings.save_wording", data={**words, "words": ""}, expect=422)
    assert empty.text.count('<details class="card" open>') == empty.text.count('aria-invalid="true"') == 1
    admin.post("console.settings.save_wording", data=words)
    assert "Our letter, please." in admin.get("console.settings.purposes_list").text


def test_an_address_is_found_whole_added_and_lifted_with_a_reason(session: "Session", admin: Visitor) -> None:
    admin.post(
        "console.settings.add_suppression", data={"email": "Ann@Example.org", "reason": "She asked by letter"}
    )
    admin.post("console.settings.add_suppression", data={"email": "no address", "reason": "x"}, expect=422)
    assert "Ann@Example.org" in admin.get("/console/settings/suppressions?q=ann@example.org").text
    assert "No address fits" in text_of(admin.get("/console/settings/suppressions?q=ann"))
    entry = session.scalars(select(Suppression)).one()
    assert "She asked by letter" in admin.get("console.settings.suppression", entry).text
    admin.post("console.settings.lift_suppression", entry, data={"reason": ""}, expect=422)
    admin.post("console.settings.lift_suppression", entry, data={"reason": "She wrote again"})
    assert not suppressions.stopped_by(session, "ann@example.org")
    assert "Ann@Example.org" in admin.get("/console/settings/suppressions?lifted=yes").text
    deeds = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == entry.id))
    assert list(deeds) == ["suppression.added", "suppression.lifted"]


def test_a_complaint_is_lifted_by_an_admin_and_by_no_program(session: "Session") -> None:
    entry = suppressions.add(session, "ann@example.org", kind="complaint", source="ses")
    with pytest.raises(suppressions.ComplaintStays):
        suppressions.lift(session, entry, reason="x", by=Actor("api_key", new_id(), frozenset({"contacts.manage"})))
    suppressions.lift(session, entry, reason="They asked", by=STAFF)


def test_a_list_is_taken_in_by_long_work_once(session: "Session", admin: Visitor) -> None:
    content = "\ufeffE-mail;Name\r\nann@example.org;Ann\r\nnonsense;x\r\nBOB@example.org;Bob\r\n".encode()
    for _ in range(2):
        admin.post(
            "console.settings.import_suppressions",
            data={"key": "a" * 32, "file": (io.BytesIO(content), "list.csv")},
            content_type="multipart/form-data",
        )
    jobs = session.scalars(select(LongJob).where(LongJob.kind == "suppressions.import")).all()
    assert len(jobs) == 1
    empty = {"key": "b" * 32, "file": (io.BytesIO(b""), "list.csv")}
    admin.post("console.settings.import_suppressions", data=empty, content_type="multipart/form-data", expect=422)
    assert long_jobs.long_job_kind("suppressions.import") is suppressions_files.import_list


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    text = 'Adresse\tName\nann@example.org\tÄnne\n\n"=bob@example.org"\n'
    found = list(suppressions_files.addresses(text.encode(encoding)))
    assert found == [(2, "ann@example.org"), (4, "=bob@example.org")]


def test_pages_of_another_workspaces_things_are_not_found(
    app: "Application", session: "Session", globex: "TenantRef"
) -> None:
    person, entry = somebody(session), suppressions.add(session, "ann@example.org", kind="manual", source="staff")
    topic = topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    session.flush()
    elsewhere = Visitor(app, "admin").at(globex)
    elsewhere.get("console.customers.consent", person, expect=404)
    elsewhere.get("console.settings.suppression", entry, expect=404)
    elsewhere.get("console.settings.topic", topic, expect=404)
