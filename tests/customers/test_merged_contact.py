"""People who turned out to be one: what each of them refused, wished and said counts, however long the chain."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.orm import Session

from customers import consent, consent_people, contact, contact_rules, merging, people, preferences
from customers.consent_age import birth_year_of
from customers.models import Contact, Person
from customers.preferences import Choice
from infra.clock import now
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.customers.segment_story import asks, composed, fitting

assert composed


@pytest.fixture(autouse=True)
def loud(session: Session) -> None:
    contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=STAFF)
    contact_rules.set_budget(session, most=20, days=1, by=STAFF)


def ask(session: Session, person: Person, purpose: str = "survey") -> Contact:
    return contact.request(session, person.id, purpose, ref=new_id(), key=new_id().hex)


def known(session: Session, person: Person) -> consent_people.Known:
    found = consent_people.find(session, person.id)
    assert found is not None
    return found


def test_a_consent_between_two_merges_does_not_undo_a_withdrawal_behind_both(
    session: Session, time_machine: Any
) -> None:
    first, second, third = (somebody(session) for _ in range(3))
    consent.withdraw(session, third.id, "news", LINK)
    time_machine.move_to(now() + timedelta(days=1), tick=False)
    merging.merge(session, second.id, third.id, by=SYSTEM)
    time_machine.move_to(now() + timedelta(days=1), tick=False)
    consent.give(session, first.id, "news", LINK)
    time_machine.move_to(now() + timedelta(days=1), tick=False)
    merging.merge(session, first.id, second.id, by=SYSTEM)
    assert consent.state_of(session, first.id, "news").code == "withdrawn"
    assert ask(session, first, "news").reason == "withdrawn"
    assert fitting(session, asks("consent.news", "any_of", ["given"])) == []
    assert fitting(session, asks("consent.news", "any_of", ["withdrawn"])) == ["Ann Example"]


def test_a_chain_of_merges_is_followed_to_its_end(session: Session) -> None:
    chain = [somebody(session) for _ in range(12)]
    consent.withdraw(session, chain[0].id, "survey", LINK)
    for old, new in pairwise(chain):
        merging.merge(session, new.id, old.id, by=SYSTEM)
    assert ask(session, chain[0]).reason == ask(session, chain[-1]).reason == "withdrawn"
    assert ask(session, chain[0], "service").person_id == chain[-1].id


def test_a_pause_a_wish_and_a_year_of_birth_outlive_a_merge_until_somebody_says_otherwise(session: Session) -> None:
    contact_rules.set_consent(
        session, asked_first=[], confirmed=[], ages={"news": 16}, channels=["email"], by=STAFF
    )
    kept, old = somebody(session), somebody(session)
    preferences.save(session, known(session, kept), Choice(every_days=7), LINK)
    preferences.save(session, known(session, old), Choice(every_days=90, pause_months=12), LINK)
    child = consent.Age(now().year - 10, "parent@example.org")
    consent.give(session, old.id, "news", consent.Proof("link", business="Acme", age=child))
    merging.merge(session, kept.id, old.id, by=SYSTEM)
    one = known(session, kept)
    assert birth_year_of(session, one) == now().year - 10
    assert preferences.overview(session, one).every_days == 90
    assert ask(session, old).reason == ask(session, kept).reason == "paused"
    after = preferences.save(session, one, Choice(pause_months=0), LINK)
    assert (after.paused_until, after.every_days) == (None, 90)
    assert ask(session, kept).state == "requested"
    assert birth_year_of(session, known(session, people.get(session, old.id))) == now().year - 10
