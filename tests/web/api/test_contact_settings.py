"""Preferences, purposes, topics and contact rules, as programs meet them."""

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from customers import consent, contact_rules, preferences, suppressions, topics
from customers.consent_people import find
from customers.preferences import Choice
from infra.ids import new_id
from tenants.models import AuditEntry
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.web.api.story import Program

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from customers.models import Person
    from infra.db import TenantRef
    from web.application import Application

PROOF = {"text": "I want the letter", "how": "account page"}


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Program:
    return Program(app, "customers.read", "customers.edit", "contacts.manage").at(acme)


@pytest.fixture
def person(session: "Session") -> "Person":
    topics.add(session, code="recipes", purpose="news", names={"en": "Recipes"}, by=STAFF)
    return somebody(session)


def wish(program: Program, person: "Person", expect: int = 200, key: str = "", **body: Any) -> Any:
    return program.call("PATCH", "preferences.change_preferences", person.id, expect=expect, key=key, json=body)


def states(shown: Any) -> dict[str, tuple[str, bool]]:
    return {line["code"]: (line["channels"][0]["state"], line["channels"][0]["allowed"]) for line in shown["lines"]}


def test_a_program_notes_wishes_once_and_each_change_of_consent_keeps_its_wording(
    session: "Session", program: Program, person: "Person"
) -> None:
    body: dict[str, Any] = {"wanted": {"news": ["email"], "news.recipes": [], "survey": []}, "every_days": 30}
    body |= {"pause_months": 3, "proof": PROOF}
    shown = wish(program, person, key="one", **body)
    assert wish(program, person, key="one", **body) == shown
    assert states(shown)["news"] == ("given", True)
    assert states(shown)["news.recipes"] == states(shown)["survey"] == ("withdrawn", False)
    assert shown["every_days"] == 30
    assert shown["paused_until"] is not None
    acts = {(act.purpose, act.topic): act for act in consent.history(session, person.id)}
    assert len(acts) == 3
    assert {act.source for act in acts.values()} == {"api"}
    assert acts["news", ""].text_digest is not None
    again = wish(program, person, every_days=None, pause_months=None)
    assert (again["every_days"], again["paused_until"]) == (None, None)
    assert states(again) == states(shown)


def test_what_is_not_offered_or_not_proved_is_refused_and_changes_nothing(
    session: "Session", program: Program, person: "Person"
) -> None:
    assert list(wish(program, person, expect=422, wanted={"news": ["email"]})["errors"]) == ["text_version"]
    for wanted in ({"news.nothing": ["email"]}, {"service": ["email"]}, {"news": ["post"]}):
        assert wish(program, person, expect=422, wanted=wanted, proof=PROOF)["errors"].keys() == {"wanted"}
    wish(program, person, expect=422, every_days=2)
    wish(program, person, expect=422, proof=PROOF)
    wish(program, person, expect=422, all_off=True, every_days=7)
    program.call("PATCH", "preferences.change_preferences", new_id(), expect=404, json={"every_days": 7})
    assert consent.history(session, person.id) == []


def test_a_program_turns_nothing_on_for_whoever_turned_everything_off(
    session: "Session", program: Program, person: "Person"
) -> None:
    assert wish(program, person, all_off=True)["all_off"] is True
    email = str(person.identity.email)
    assert suppressions.has(session, email, "unsubscribe")
    refused = wish(program, person, expect=409, wanted={"news": ["email"]}, proof=PROOF)
    assert refused["code"] == "turned_off"
    assert suppressions.has(session, email, "unsubscribe")
    who = find(session, person.id)
    assert who is not None
    preferences.save(session, who, Choice({"news": frozenset({"email"})}), LINK)
    assert states(program.call("GET", "preferences.get_preferences", person.id))["news"] == ("given", True)


def test_purposes_say_their_rules_and_topics_are_kept_by_programs(session: "Session", program: Program) -> None:
    made = program.call(
        "POST",
        "contact_settings.create_topic",
        expect=201,
        json={"code": "menus", "purpose": "news", "names": {"en": "Menus", "de": "Menüs"}},
    )
    call = ("PATCH", "contact_settings.change_topic", made["id"])
    changed = program.call(*call, json={"names": {"en": "Our menus"}, "archived": True})
    assert (changed["names"], changed["archived_at"] is None) == ({"en": "Our menus"}, False)
    listed = program.call("GET", "contact_settings.list_topics")["items"]
    assert made["id"] not in {topic["id"] for topic in listed}
    assert program.call(*call, json={"archived": False})["archived_at"] is None
    named = program.call("GET", "contact_settings.list_purposes", query_string={"language": "de"})["items"]
    news = {purpose["code"]: purpose for purpose in named}["news"]
    assert (news["needs_consent"], news["name"]) == (True, "Neuigkeiten und Angebote")


def test_contact_rules_are_replaced_whole_and_only_what_changed_is_recorded(
    session: "Session", program: Program
) -> None:
    rules = program.call("GET", "contact_settings.get_contact_rules")
    assert (rules["quiet_from"], rules["most"], rules["channels"]) == ("21:00", 2, ["email"])
    asked = {**rules, "most": 3, "quiet_from": None, "quiet_until": None, "confirmed": ["news"]}
    put = ("PUT", "contact_settings.replace_contact_rules")
    assert program.call(*put, json=asked) == asked
    assert program.call(*put, json=asked) == asked
    kept = contact_rules.get(session)
    assert (kept.most, kept.quiet_from, kept.confirmed) == (3, None, ["news"])
    kinds = session.scalars(
        select(AuditEntry.action).where(AuditEntry.action.startswith("contact_rules.")).order_by(AuditEntry.id)
    ).all()
    assert list(kinds) == [
        "contact_rules.budget_changed",
        "contact_rules.quiet_hours_changed",
        "contact_rules.consent_changed",
    ]
    program.call(*put, expect=422, json={**asked, "quiet_from": "22:00"})
    program.call(*put, expect=422, json={name: value for name, value in asked.items() if name != "ages"})
    program.call(*put, expect=422, json={**asked, "quiet_weekdays": [1, 2, 3, 4, 5, 6, 6]})
