"""Two customers who are one: merged, found under both ids, and taken apart again exactly."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from customers import companies, interactions, merging, people
from customers.errors import PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver, SamePerson
from customers.models import Merge, Person
from infra import clock
from infra.events.models import Event
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.customers.merge_story import merged_in_every_direction


def add(session, **given):
    made = people.add(session, by=SYSTEM, **given)
    session.flush()
    return made


def merge(session, kept, merged, **choices):
    return merging.merge(session, kept.id, merged.id, by=SYSTEM, choices=choices)


def test_the_one_that_stays_takes_what_it_lacks_and_what_was_chosen_and_both_ids_find_it(session):
    company = companies.add(session, by=SYSTEM, name="Lee GmbH")
    kept = add(session, name="A. Lee", email="ann@x.org", external_id="K-1")
    merged = add(session, name="Ann Lee", phone="+493012345", external_id="K-2", company_id=company.id)
    interactions.log(session, merged, by=SYSTEM, channel="call", direction="in", summary="Hello")
    merge(session, kept, merged, name="merged")
    session.expire_all()
    found = people.get(session, merged.id)
    assert found is kept
    shown = (found.identity.name, found.identity.email, found.identity.phone, found.external_id, found.company_id)
    assert shown == ("Ann Lee", "ann@x.org", "+493012345", "K-1", company.id)
    assert people.find_by_external_id(session, "K-2") is kept
    assert people.find_by_phone(session, "+493012345") == [kept]
    assert people.ids_of(session, merged.id) == [kept.id, merged.id]
    assert people.list_people(session).total == 1
    assert session.scalar(select(Event.data).where(Event.kind == "customers.person_merged")) == {
        "into": str(kept.id)
    }


def test_taking_it_back_restores_both_exactly(session):
    kept = add(session, name="A. Lee", email="ann@x.org", language="de")
    merged = add(session, name="Ann Lee", email="a@y.org", external_id="K-2")
    merged.nps, merged.scored_at = 9, clock.now()
    session.flush()
    before = merging.image(kept), merging.image(merged)
    made = merge(session, kept, merged, email="merged")
    assert (kept.identity.email, kept.external_id, kept.nps) == ("a@y.org", "K-2", 9)
    _, stays = merging.unmerge(session, made.id, by=SYSTEM)
    session.expire_all()
    assert stays == []
    assert (merging.image(kept), merging.image(merged)) == before
    assert people.get(session, merged.id) is merged
    assert people.find_by_email(session, "a@y.org") == [merged]
    assert merging.unmerge(session, made.id, by=SYSTEM)[1] == []
    assert merge(session, merged, kept).id != made.id


def test_what_was_changed_since_stays_with_the_kept_one_and_is_said(session):
    kept, merged = add(session, name="A. Lee"), add(session, name="Ann Lee", phone="+493012345")
    made = merge(session, kept, merged)
    people.change(session, kept, by=SYSTEM, name="Ann B. Lee", language="fr")
    _, stays = merging.unmerge(session, made.id, by=SYSTEM)
    assert stays == ["name", "language"]
    assert (kept.identity.name, kept.language, kept.identity.phone) == ("Ann B. Lee", "fr", None)
    assert (merged.identity.name, merged.identity.phone) == ("Ann Lee", "+493012345")


def test_three_are_merged_and_taken_apart_from_the_last_one_on(session):
    ann, bo, cy = (add(session, name=name) for name in ("Ann", "Bo", "Cy"))
    first = merge(session, bo, cy, name="merged")
    second = merge(session, ann, bo, name="merged")
    assert ann.identity.name == "Cy"
    assert people.get(session, cy.id) is ann
    assert people.ids_of(session, cy.id) == [ann.id, bo.id, cy.id]
    with pytest.raises(AlreadyMerged):
        merging.unmerge(session, first.id, by=SYSTEM)
    merging.unmerge(session, second.id, by=SYSTEM)
    merging.unmerge(session, first.id, by=SYSTEM)
    assert [person.identity.name for person in (ann, bo, cy)] == ["Ann", "Bo", "Cy"]


def test_nobody_is_merged_twice_with_themselves_or_with_nobody(session):
    ann, bo, cy = (add(session, name=name) for name in ("Ann", "Bo", "Cy"))
    made = merge(session, ann, bo)
    assert merge(session, ann, bo) is made
    for kept, merged, refusal in ((ann, ann, SamePerson), (bo, cy, AlreadyMerged), (cy, bo, AlreadyMerged)):
        with pytest.raises(refusal):
            merge(session, kept, merged)
    with pytest.raises(AlreadyMerged):
        merge(session, bo, ann)
    with pytest.raises(PersonNotFound):
        merging.merge(session, ann.id, new_id(), by=SYSTEM)
    made.at = clock.now() - merging.UNDO_FOR - timedelta(days=1)
    session.flush()
    with pytest.raises(MergeOver):
        merging.unmerge(session, made.id, by=SYSTEM)


@pytest.mark.processes
def test_merges_at_once_in_every_direction_leave_no_circle_and_nobody_is_lost(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        ids = [people.add(session, by=SYSTEM, name=f"P {n}").id for n in range(3)]
    refused = merged_in_every_direction(services, own_tenant, ids, merging.merge)
    with services.db.tenant_session(own_tenant) as session:
        left = session.scalars(select(Person).where(Person.merged_into.is_(None))).all()
        assert len(left) == 1
        assert {people.get(session, each).id for each in ids} == {left[0].id}
        assert len(session.scalars(select(Merge)).all()) == 2
    assert all(isinstance(each, AlreadyMerged) for each in refused)
