"""Personal links, merges taken apart, likely duplicates, views and people of a segment, as programs meet them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from customers import duplicates, links, people, views
from customers.models import Duplicate, PersonalLink
from customers.segments import verbs as segments
from infra import clock
from infra.events.models import Event
from infra.ids import new_id
from surveys import known, library, publishing, surveys
from tenants.permissions import SYSTEM
from tests.customers.contact_story import STAFF, somebody
from tests.web.api.story import Program

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from surveys.models import Survey
    from web.application import Application

SCOPES = ("customers.read", "customers.edit", "customers.merge", "contacts.write")


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Program:
    return Program(app, *SCOPES).at(acme)


@pytest.fixture
def survey(session: "Session") -> "Survey":
    key = library.list_templates()[0].key
    made = surveys.create_from_template(session, key, language="en", zone="UTC", by=new_id())
    publishing.publish(session, made)
    return made


def test_a_link_is_told_alike_when_the_request_is_repeated_and_names_its_person(
    session: "Session", program: Program, survey: "Survey"
) -> None:
    ann, bob = somebody(session), somebody(session)
    asked: dict[str, Any] = {"expect": 201, "key": "one", "json": {"person_id": str(ann.id), "days": 3}}
    call = ("POST", "survey_links.create_survey_link", survey.id)
    made = program.call(*call, **asked)
    assert program.call(*call, **asked) == made
    other = program.call(*call, expect=201, json={"person_id": str(bob.id)})
    address, _, token = made["url"].partition("?p=")
    assert address.endswith(f"/s/{survey.address}")
    found = known.find(session, survey.id, known.Claim.asked(token, "", ""))
    assert found is not None
    assert found.person_id == ann.id
    listed = program.call("GET", "survey_links.list_survey_links", survey.id)["items"]
    assert [(each["id"], each["state"]) for each in listed] == [(other["id"], "open"), (made["id"], "open")]
    assert all("url" not in each and "token" not in str(each) for each in listed)
    program.call("DELETE", "survey_links.revoke_survey_link", survey.id, made["id"], expect=204)
    program.call("DELETE", "survey_links.revoke_survey_link", survey.id, made["id"], expect=204)
    session.expire_all()
    told = session.scalars(select(Event).where(Event.subject_id == UUID(made["id"]))).all()
    assert sorted(each.kind for each in told) == ["surveys.link_issued", "surveys.link_revoked"]
    assert {each.data["person"] for each in told} == {str(ann.id)}
    assert known.find(session, survey.id, known.Claim.asked(token, "", "")) is None
    mine = {"query_string": {"person_id": str(ann.id)}}
    only = program.call("GET", "survey_links.list_survey_links", survey.id, **mine)["items"]
    assert [each["state"] for each in only] == ["revoked"]
    program.call("DELETE", "survey_links.revoke_survey_link", survey.id, new_id(), expect=404)
    program.call(*call, expect=422, json={"person_id": str(new_id())})


def test_nobody_learns_by_a_link_when_somebody_answered_an_anonymous_survey(
    session: "Session", program: Program, survey: "Survey"
) -> None:
    ann = somebody(session)
    known.issue_link(session, survey, ann.id)
    survey.identity = "anonymous"
    session.flush()
    call = ("POST", "survey_links.create_survey_link", survey.id)
    refused = program.call(*call, expect=409, json={"person_id": str(ann.id)})
    assert refused["code"] == "survey_is_anonymous"

    def states(spent_at: Any) -> list[str]:
        session.execute(update(PersonalLink).where(PersonalLink.ref_id == survey.id).values(spent_at=spent_at))
        session.expire_all()
        listed = program.call("GET", "survey_links.list_survey_links", survey.id)["items"]
        assert all("spent_at" not in each for each in listed)
        return [each["state"] for each in listed]

    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert [states(moment) for moment in (links.UNTOLD, today, today - timedelta(days=1))] == [["open"]] * 3
    survey.identity = "identified"
    session.flush()
    assert states(links.UNTOLD) == ["open"]
    assert states(clock.now()) == ["spent"]


def test_a_program_takes_merges_apart_again(session: "Session", program: Program) -> None:
    ann, other = somebody(session), somebody(session, phone="+4930123456")
    program.call("POST", "merges.merge_person", ann.id, json={"merged_id": str(other.id)})
    (made,) = program.call("GET", "merges.list_person_merges", ann.id)["items"]
    assert (made["kept_id"], made["merged_id"], made["can_be_undone"]) == (str(ann.id), str(other.id), True)
    undone = program.call("POST", "merges.undo_person_merge", made["id"])
    assert program.call("POST", "merges.undo_person_merge", made["id"])["undone_at"] == undone["undone_at"]
    assert people.get(session, other.id).id == other.id
    assert people.get(session, ann.id).identity.phone is None
    assert program.call("GET", "merges.list_person_merges", ann.id)["items"] == []
    program.call("POST", "merges.undo_company_merge", made["id"], expect=404)
    companies = [
        program.call("POST", "companies.create_company", expect=201, json={"name": name})["id"]
        for name in ("Lee", "Lee Ltd")
    ]
    program.call("POST", "merges.merge_company", companies[0], json={"merged_id": companies[1]})
    (merged,) = program.call("GET", "merges.list_company_merges", companies[0])["items"]
    program.call("POST", "merges.undo_company_merge", merged["id"])
    assert program.call("GET", "companies.get_company", companies[1])["id"] == companies[1]


def test_likely_pairs_are_listed_until_somebody_says_that_they_are_two(
    session: "Session", program: Program
) -> None:
    one, other = sorted(
        (somebody(session, "a@example.org"), somebody(session, "A@example.org")), key=lambda p: p.id
    )
    session.add(Duplicate(one_id=one.id, other_id=other.id, reasons=["e"], weight=100))
    session.flush()
    pair = {"one_id": str(one.id), "other_id": str(other.id)}
    (shown,) = program.call("GET", "duplicates.list_duplicates")["items"]
    assert {name: shown[name] for name in pair} == pair
    assert shown["reasons"][0] == "same_email"
    for _again in range(2):
        assert program.call("POST", "duplicates.dismiss_duplicate", json=pair) == pair
    told = session.scalars(select(Event).where(Event.kind == "customers.duplicate_dismissed")).one()
    assert (told.subject_id, told.data["other"]) == (one.id, str(other.id))
    assert program.call("GET", "duplicates.list_duplicates")["items"] == []
    assert duplicates.count_pairs(session) == 0
    program.call("POST", "duplicates.dismiss_duplicate", expect=422, json={**pair, "other_id": str(new_id())})
    same = {**pair, "other_id": pair["one_id"]}
    program.call("POST", "duplicates.dismiss_duplicate", expect=422, json=same)


def test_shared_views_and_people_of_a_segment_are_listed(session: "Session", program: Program) -> None:
    views.save(session, by=STAFF, name="Mine", query={"contact": "never"})
    shared = views.save(session, by=STAFF, name="Ours", query={"contact": "never", "q": "Ann"}, shared=True)
    (shown,) = program.call("GET", "views.list_views")["items"]
    assert (shown["id"], shown["query"]) == (str(shared.id), {"contact": "never"})
    somebody(session)
    eva = somebody(session, language="fr")
    rule = {"match": "all", "conditions": [{"field": "language", "operator": "any_of", "value": ["fr"]}]}
    made = segments.create(session, by=SYSTEM, name="French", rule=rule)
    query = {"query_string": {"segment_id": str(made.id)}}
    assert [each["id"] for each in program.call("GET", "people.list_people", **query)["items"]] == [str(eva.id)]
    program.call("GET", "people.list_people", expect=404, query_string={"segment_id": str(new_id())})


def test_a_program_saves_changes_and_deletes_a_view_for_everybody(
    session: "Session", app: "Application", globex: "TenantRef", program: Program
) -> None:
    own = views.save(session, by=STAFF, name="Mine", query={})
    asked: dict[str, Any] = {"expect": 201, "key": "one", "json": {"name": "Lost", "query": {"contact": "never"}}}
    made = program.call("POST", "views.create_view", **asked)
    assert program.call("POST", "views.create_view", **asked) == made
    change = ("PATCH", "views.change_view", made["id"])
    changed = program.call(*change, json={"query": {"contact": "beyond:90", "order": "contact"}})
    assert (changed["name"], changed["query"]["contact"]) == ("Lost", "beyond:90")
    assert program.call("GET", "views.get_view", made["id"]) == changed
    program.call(*change, expect=422, json={"query": {"q": "Ann"}})
    program.call(*change, expect=422, json={"name": " "})
    Program(app, *SCOPES).at(globex).call(*change, expect=404, json={"name": "Theirs"})
    program.call("PATCH", "views.change_view", own.id, expect=404, json={"name": "Theirs"})
    for _again in range(2):
        program.call("DELETE", "views.delete_view", made["id"], expect=204, key="gone")
    program.call("GET", "views.get_view", made["id"], expect=404)
    told = session.scalars(select(Event).where(Event.kind == "customers.view_changed")).all()
    assert sorted(each.data["change"] for each in told) == ["added", "changed", "deleted"]
    assert {str(each.subject_id) for each in told} == {made["id"]}
