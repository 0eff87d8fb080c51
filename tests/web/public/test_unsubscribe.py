"""One-click unsubscribe (RFC 8058) and the preference pages behind the foot of each mail."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from customers import (
    consent,
    contact,
    contact_rules,
    people,
    preferences_jobs,
    suppressions,
    topics,
    unsubscribe,
)
from customers.models import Consent, Contact, Person, PersonalLink
from infra.clock import now
from infra.ids import new_id
from tests.customers.contact_story import FORM, STAFF, header, letters, rendered, somebody
from tests.web.story import Person as Visitor
from tests.web.story import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from web.application import Application

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def visitor(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app).at(acme)


@pytest.fixture
def asked(session: "Session") -> Contact:
    contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=STAFF)
    person = somebody(session, language="en")
    return contact.request(session, person.id, "survey", ref=new_id(), key=new_id().hex)


@pytest.fixture
def link(joined: "Services", session: "Session", acme: "TenantRef", asked: Contact) -> str:
    """The path in the header of the mail."""
    with letters():
        mail = rendered(joined, session, acme, asked)
    assert mail is not None
    return urlsplit(header(mail, "List-Unsubscribe").strip("<>")).path


def acts(session: "Session") -> int:
    return session.scalar(select(func.count()).select_from(Consent)) or 0


def preferences_of(services: "Services", tenant: "TenantRef", person: Person) -> str:
    return unsubscribe.path_to_preferences(services.settings, tenant.id, person.id)


@pytest.mark.parametrize("multipart", [False, True])
def test_a_mail_program_unsubscribes_without_cookies_and_without_a_redirect(
    session: "Session", visitor: Visitor, asked: Contact, link: str, multipart: bool
) -> None:
    kind = {"content_type": "multipart/form-data"} if multipart else {}
    for _ in range(2):
        answer = visitor.post(link, data=ONE_CLICK, expect=200, **kind)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert consent.state_of(session, asked.person_id, "survey").code == "withdrawn"
    act = consent.history(session, asked.person_id)[0]
    assert (act.source, act.evidence, acts(session)) == ("mail", asked.id, 1)
    again = contact.request(session, asked.person_id, "survey", ref=new_id(), key=new_id().hex)
    assert (again.state, again.reason) == ("refused", "withdrawn")


def test_opening_the_link_changes_nothing_and_its_button_needs_one_press(
    session: "Session", visitor: Visitor, asked: Contact, link: str
) -> None:
    page = visitor.get(link)
    visitor.send("HEAD", link, expect=200)
    visitor.post(link, data={"something": "else"}, expect=400)
    visitor.post(link, data="", expect=400)
    assert acts(session) == 0
    assert re.search(r"Shall .* stop sending you this to .…@example.org: Surveys", text_of(page))
    done = visitor.submit(page, link, expect=200)
    assert "You are unsubscribed" in text_of(done)
    assert consent.history(session, asked.person_id)[0].source == "link"


def test_a_mail_about_a_topic_unsubscribes_from_the_topic_alone(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    consent.give(session, asked.person_id, "news", FORM)
    about = contact.request(session, asked.person_id, "news", topic="tastings", ref=new_id(), key="t")
    with letters():
        mail = rendered(joined, session, acme, about)
    assert mail is not None
    assert header(mail, "List-Id").startswith("<tastings.")
    visitor.post(urlsplit(header(mail, "List-Unsubscribe").strip("<>")).path, data=ONE_CLICK, expect=200)
    assert consent.state_of(session, asked.person_id, "news", topic="tastings").code == "withdrawn"
    assert consent.state_of(session, asked.person_id, "news").code == "given"


def test_a_link_that_was_cut_off_is_over_or_belongs_elsewhere_says_what_to_do(
    app: "Application",
    joined: "Services",
    session: "Session",
    acme: "TenantRef",
    globex: "TenantRef",
    visitor: Visitor,
    asked: Contact,
    link: str,
    time_machine: object,
) -> None:
    for wrong in (link[:-4], "/u/nothing", "/u/" + "x" * 5000):
        for method in ("GET", "POST"):
            page = visitor.send(method, wrong, expect=404, data=ONE_CLICK if method == "POST" else None)
            assert "Get a new link" in text_of(page)
    centre = preferences_of(joined, acme, session.get_one(Person, asked.person_id))
    token, other = link.rpartition("/")[2], centre.rpartition("/")[2]
    visitor.get(f"/u/preferences/{token}", expect=404)
    visitor.post(f"/u/{other}", data=ONE_CLICK, expect=404)
    Visitor(app).at(globex).post(link, data=ONE_CLICK, expect=404)
    time_machine.move_to(now() + unsubscribe.UNSUBSCRIBE_FOR + timedelta(days=1))  # type: ignore[attr-defined]
    visitor.get(link, expect=410)
    visitor.post(link, data=ONE_CLICK, expect=410)
    assert acts(session) == 0


def test_the_preference_page_shows_what_counts_and_stores_what_differs(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    person = session.get_one(Person, asked.person_id)
    path = preferences_of(joined, acme, person)
    page = visitor.get(path)
    ticked = re.findall(r'value="([a-z.:]+)" checked', page.text)
    assert ticked == ["survey:email", "message:email"]
    assert acts(session) == 0
    shown = re.findall(r'name="shown" value="([a-z.]+)"', page.text)
    chosen = {
        "shown": shown,
        "want": ["survey:email", "news.tastings:email"],
        "every_days": "30",
        "pause_months": "",
        "language": "de",
    }
    visitor.post(path, data=chosen)
    assert consent.state_of(session, person.id, "survey").code == "none"
    assert consent.state_of(session, person.id, "message").code == "withdrawn"
    assert consent.state_of(session, person.id, "news", topic="tastings").code == "given"
    act = next(each for each in consent.history(session, person.id) if each.state == "given")
    assert (act.source, act.network) == ("link", "127.0.0.1")
    assert acts(session) == 2
    session.refresh(person)
    assert person.language == "de"
    after = visitor.get(path + "?saved=1&lang=de")
    assert 'lang="de"' in after.text
    visitor.post(path, data=chosen)
    assert acts(session) == 2
    asked_again = contact.request(session, person.id, "survey", ref=new_id(), key="own")
    assert asked_again.reason == "own_frequency"


def test_everything_off_holds_for_the_mailbox_until_its_owner_turns_something_on(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    person = session.get_one(Person, asked.person_id)
    email, twin = person.identity.email, somebody(session, person.identity.email)
    path = preferences_of(joined, acme, person)
    visitor.submit(visitor.get(path), path + "/off")
    assert suppressions.stopped_by(session, email)
    assert "Everything is turned off" in text_of(visitor.get(path))
    refused = contact.request(session, twin.id, "survey", ref=new_id(), key="twin")
    assert refused.reason == "unsubscribe"
    assert contact.request(session, twin.id, "service", ref=new_id(), key="s").state == "requested"
    visitor.post(path, data={"shown": ["survey"], "want": ["survey:email"]})
    assert not suppressions.stopped_by(session, email)
    assert "Your preferences are saved" in text_of(visitor.get(path + "?saved=1"))
    assert consent.state_of(session, person.id, "survey").code == "given"


def test_a_mail_in_a_mailbox_that_is_not_theirs_any_more_still_ends_mails_and_opens_nothing_else(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact, link: str
) -> None:
    whole = unsubscribe.path_to_preferences(joined.settings, acme.id, asked.person_id, asked.id)
    visitor.get(whole, expect=200)
    people.change(session, people.get(session, asked.person_id), by=STAFF, email="right@example.org")
    assert "right" not in text_of(visitor.get(whole, expect=404))
    visitor.post(f"{whole}/off", expect=404)
    visitor.post(link, data=ONE_CLICK, expect=200)
    assert consent.state_of(session, asked.person_id, "survey").code == "withdrawn"


def test_what_is_wrong_with_the_form_stores_none_of_it(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    contact_rules.set_consent(
        session, asked_first=[], confirmed=[], ages={"news": 16}, channels=["email"], by=STAFF
    )
    path = preferences_of(joined, acme, session.get_one(Person, asked.person_id))
    chosen = {"shown": ["survey", "news"], "want": ["news:email"], "birth_year": "2020", "guardian_email": ""}
    page = visitor.post(path, data=chosen, expect=422)
    assert "For a child, a parent or guardian agrees" in text_of(page)
    assert 'value="2020"' in page.text
    assert acts(session) == 0
    visitor.post(path, data={**chosen, "every_days": "5"}, expect=422)
    visitor.post(path, data={**chosen, "guardian_email": "parent@example.org"})
    assert consent.state_of(session, asked.person_id, "news").code == "pending"


def test_the_pages_work_in_a_frame_and_tell_their_address_to_nobody(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact, link: str
) -> None:
    for path in (link, preferences_of(joined, acme, session.get_one(Person, asked.person_id)), "/u/link"):
        page = visitor.get(path)
        assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "<script" not in page.text


def test_opening_a_confirmation_spends_nothing_and_pressing_twice_gives_once(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    contact_rules.set_consent(session, asked_first=[], confirmed=["news"], ages={}, channels=["email"], by=STAFF)
    pending = consent.give(session, asked.person_id, "news", FORM)
    sent = session.scalars(select(Contact).where(Contact.ref_id == pending.id)).one()
    with letters():
        mail = rendered(joined, session, acme, sent)
    assert mail is not None
    path = re.findall(r"/u/confirm/\S+", mail.text)[0]
    page = visitor.get(path)
    visitor.send("HEAD", path, expect=200)
    assert consent.state_of(session, asked.person_id, "news").code == "pending"
    assert session.scalars(select(PersonalLink)).one().spent_at is None
    for _ in range(2):
        assert "It is confirmed" in text_of(visitor.submit(page, path, expect=200))
    assert consent.state_of(session, asked.person_id, "news").code == "given"
    assert acts(session) == 2


def test_asking_for_a_link_says_the_same_for_every_address(
    joined: "Services", session: "Session", acme: "TenantRef", visitor: Visitor, asked: Contact
) -> None:
    email = session.get_one(Person, asked.person_id).identity.email
    form = visitor.get("/u/link")
    known = visitor.submit(form, "/u/link", expect=200, email=email)
    unknown = visitor.submit(form, "/u/link", expect=200, email="nobody@example.org")
    assert text_of(known) == text_of(unknown)
    visitor.submit(form, "/u/link", expect=422, email="no address")
    visitor.post("/u/link", data={"email": email}, expect=422)


def test_a_fresh_link_is_mailed_once_an_hour_to_whoever_has_the_address(
    joined: "Services", session: "Session", acme: "TenantRef", asked: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = session.get_one(Person, asked.person_id).identity.email
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(preferences_jobs, "enqueue", lambda session, job, **given: told.append(given))
    for address in (email, "nobody@example.org"):
        preferences_jobs.ask_for_link(session, address)
    assert told == [{"ids": [asked.person_id.hex]}, {"ids": []}]  # the queue learns ids, and nothing of an address
    for given in (*told, *told):
        preferences_jobs.send_link(session, **given)
    sent = session.scalars(select(Contact).where(Contact.letter == "customers.preferences_link")).one()
    with letters():
        mail = rendered(joined, session, acme, sent)
    assert mail is not None
    assert mail.to == email
    assert "/u/preferences/" in mail.text
