"""The preference centre: what is ticked is what counts, and nothing that was not shown or changed."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import consent, consent_people, contact, contact_rules, merging, people, preferences, topics
from customers.consent import Proof
from customers.consent_people import Known
from customers.errors import PersonChanged
from customers.models import Contact, Person, Preferences
from customers.preferences import Choice
from customers.preferences_jobs import send_link
from customers.revisions import revision_of
from infra.clock import now
from infra.db import TenantRef
from infra.events.models import Event
from infra.ids import new_id
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK, STAFF, somebody


@pytest.fixture
def ann(session: Session) -> Person:
    contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=STAFF)
    contact_rules.set_budget(session, most=20, days=1, by=STAFF)
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
    return somebody(session)


def known(session: Session, person: Person) -> Known:
    found = consent_people.find(session, person.id)
    assert found is not None
    return found


def as_shown(session: Session, person: Person, **ticked: bool) -> Choice:
    """The page as it was sent, with some boxes turned; `news_tastings` is the topic."""
    lines = preferences.overview(session, known(session, person)).lines
    shown = {line.code: {each for each, on in line.allowed.items() if on} for line in lines}
    for name, on in ticked.items():
        shown[name.replace("_", ".")] = {"email"} if on else set()
    return Choice({code: frozenset(channels) for code, channels in shown.items()})


def reason(session: Session, person: Person, purpose: str = "news", **more: Any) -> str | None:
    return contact.request(session, person.id, purpose, ref=new_id(), key=new_id().hex, **more).reason


def test_a_topic_that_is_not_ticked_stays_off_when_its_purpose_is_turned_on(session: Session, ann: Person) -> None:
    preferences.save(session, known(session, ann), as_shown(session, ann, news=True, news_tastings=False), LINK)
    assert reason(session, ann) is None
    assert reason(session, ann, topic="tastings") == "withdrawn"


def test_a_topic_that_is_ticked_alone_stays_on_when_its_purpose_is_turned_off(
    session: Session, ann: Person
) -> None:
    consent.give(session, ann.id, "news", LINK)
    preferences.save(session, known(session, ann), as_shown(session, ann, news=False, news_tastings=True), LINK)
    assert reason(session, ann, topic="tastings") is None
    assert reason(session, ann) == "withdrawn"


def test_who_turned_everything_off_gets_nothing_until_they_tick_something_and_then_only_that(
    session: Session, ann: Person
) -> None:
    preferences.turn_all_off(session, known(session, ann), LINK)
    for purpose in ("survey", "news"):
        consent.give(session, ann.id, purpose, Proof("staff", by=STAFF, how="By phone", business="Acme"))
    view = preferences.overview(session, known(session, ann))
    assert view.all_off
    choice = as_shown(session, ann)
    preferences.save(session, known(session, ann), Choice(choice.wanted, language="de"), LINK)
    assert reason(session, ann, "survey") == "unsubscribe"
    preferences.save(session, known(session, ann), as_shown(session, ann, survey=True), LINK)
    assert reason(session, ann, "survey") is None
    assert reason(session, ann, "news") == "withdrawn"


def test_a_language_and_a_pause_are_told_and_staff_who_had_the_page_open_notice(
    session: Session, ann: Person
) -> None:
    seen = revision_of(ann)
    preferences.save(session, known(session, ann), Choice(language="de", pause_months=3), LINK)
    kinds = session.scalars(select(Event.kind).where(Event.kind.like("customers.%"))).all()
    assert {"customers.person_changed", "customers.preferences_changed"} <= set(kinds)
    with pytest.raises(PersonChanged):
        people.change(session, ann, by=SYSTEM, revision=seen, language="en")
    told = session.scalar(select(func.count()).select_from(Event))
    preferences.save(session, known(session, ann), Choice(language="de"), LINK)
    assert session.scalar(select(func.count()).select_from(Event)) == told


def test_two_who_save_at_once_both_succeed(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        person = somebody(session).id
    gate = Barrier(2)

    def save(days: int) -> None:
        with services.db.tenant_session(own_tenant) as session:
            who = consent_people.find(session, person)
            assert who is not None
            assert session.get(Preferences, person) is None
            gate.wait(10)
            preferences.save(session, who, Choice(every_days=days), LINK)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda days: Context().run(save, days), (7, 30)))
    with services.db.tenant_session(own_tenant) as session:
        assert session.get_one(Preferences, person).every_days in (7, 30)


def test_a_mailbox_of_merged_people_gets_one_link(session: Session) -> None:
    kept, old = somebody(session, "ann@example.org"), somebody(session, "ann@example.org")
    merging.merge(session, kept.id, old.id, by=SYSTEM)
    for _ in range(2):
        send_link(session, ids=[old.id.hex, kept.id.hex])
    assert session.scalars(select(Contact.person_id).where(Contact.purpose == "service")).all() == [kept.id]


def test_what_another_mailbox_proved_is_given_anew_by_a_tick_of_its_topic_alone(
    session: Session, ann: Person
) -> None:
    contact_rules.set_consent(session, asked_first=[], confirmed=["news"], ages={}, channels=["email"], by=STAFF)
    consent.give(session, ann.id, "news", LINK)
    people.change(session, ann, by=STAFF, email="ann@new.example")
    preferences.save(session, known(session, ann), as_shown(session, ann, news_tastings=True), LINK)
    assert reason(session, ann, topic="tastings") is None
    assert reason(session, ann) == "not_confirmed"


def test_a_guardian_is_asked_once_for_a_purpose_and_its_topics(session: Session, ann: Person) -> None:
    ages = {"news": 16}
    contact_rules.set_consent(session, asked_first=[], confirmed=[], ages=ages, channels=["email"], by=STAFF)
    proof = Proof("link", business="Acme", age=consent.Age(now().year - 10, "parent@example.org"))
    preferences.save(session, known(session, ann), as_shown(session, ann, news=True, news_tastings=True), proof)
    asked = consent.history(session, ann.id)
    assert [(act.state, act.topic) for act in asked] == [("pending", "")]
    consent.confirm(session, asked[0].id)
    assert reason(session, ann, topic="tastings") is None
