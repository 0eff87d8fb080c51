"""Two companies that are one: merged with their people, found under both ids, and taken apart again exactly."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from customers import attributes, companies, company_merging, interactions, merging, people, timeline
from customers.errors import CompanyNotFound, PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver, SameCompany
from customers.merge_images import UNDO_FOR
from customers.models import Company, Merge
from customers.people import PeopleFilters
from customers.segments import select_fitting, verbs
from infra import clock
from infra.events.models import Event
from tenants.permissions import SYSTEM, Actor, of_role
from tests.customers.import_story import Story
from tests.customers.merge_story import merged_in_every_direction
from web import registries

OWNER = Actor("staff", None, of_role("owner"))


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


def add(session, name, **given):
    made = companies.add(session, by=SYSTEM, name=name, **given)
    session.flush()
    return made


def employ(session, company, name):
    made = people.add(session, by=SYSTEM, name=name, company_id=company.id)
    session.flush()
    return made


def merge(session, kept, merged, **choices):
    return company_merging.merge(session, kept.id, merged.id, by=SYSTEM, choices=choices)


def fitting(session, **condition):
    rule = verbs.check(session, {"match": "all", "conditions": [condition]})
    return set(session.scalars(select_fitting(session, rule)))


def test_people_contacts_and_segments_of_both_stand_under_the_one_that_stays(session):
    attributes.declare(session, by=SYSTEM, subject="company", label="Branch", type="text")
    kept = add(session, "Lee", external_id="C-1", attributes={"branch": "food"})
    merged = add(session, "Lee Imports", external_id="C-2", website="https://lee.example")
    ann, bo = employ(session, kept, "Ann"), employ(session, merged, "Bo")
    interactions.log(session, bo, by=SYSTEM, channel="call", direction="in", summary="Hello")
    before = bo.company_id
    merge(session, kept, merged, name="merged")
    session.expire_all()
    assert companies.get(session, merged.id) is kept
    assert (kept.name, kept.external_id, kept.website) == ("Lee Imports", "C-1", "https://lee.example")
    assert bo.company_id == before == merged.id
    for asked in (kept.id, merged.id):
        found = people.list_people(session, PeopleFilters(company_id=asked))
        assert {each.id for each in found.items} == {ann.id, bo.id}
        assert fitting(session, field="company", operator="any_of", value=[str(asked)]) == {ann.id, bo.id}
    assert fitting(session, field="company.attributes.branch", operator="is", value="food") == {ann.id, bo.id}
    assert companies.count_people(session, [kept.id]) == {kept.id: 2}
    assert companies.names_of(session, [merged.id]) == {merged.id: "Lee Imports"}
    assert [each.id for each in companies.list_companies(session).items] == [kept.id]
    told = timeline.read(session, timeline.of_company(session, kept), by=OWNER)
    assert {each.kind for each in told.items} >= {"interaction"}
    assert session.scalar(select(Event.data).where(Event.kind == "customers.company_merged")) == {
        "into": str(kept.id)
    }


def test_taking_it_back_restores_both_exactly_and_says_what_stays(session):
    kept, merged = (
        add(session, "Lee"),
        add(session, "Lee Imports", external_id="C-2", website="https://lee.example"),
    )
    before = company_merging.image(kept), company_merging.image(merged)
    made = merge(session, kept, merged, name="merged")
    assert kept.external_id == "C-2"
    assert company_merging.unmerge(session, made.id, by=SYSTEM)[1] == []
    assert company_merging.unmerge(session, made.id, by=SYSTEM)[1] == []
    session.expire_all()
    assert (company_merging.image(kept), company_merging.image(merged)) == before
    again = merge(session, kept, merged, name="merged")
    companies.change(session, kept, by=SYSTEM, name="Lee and Sons")
    assert company_merging.unmerge(session, again.id, by=SYSTEM)[1] == ["name"]
    assert (kept.name, kept.website, merged.name) == ("Lee and Sons", None, "Lee Imports")
    late = merge(session, kept, merged)
    late.at = clock.now() - UNDO_FOR - timedelta(days=1)
    session.flush()
    with pytest.raises(MergeOver):
        company_merging.unmerge(session, late.id, by=SYSTEM)


def test_three_are_merged_and_taken_apart_from_the_last_one_on(session):
    ann, bo, cy = (add(session, name) for name in ("Ann", "Bo", "Cy"))
    person = employ(session, cy, "Pat")
    first, second = merge(session, bo, cy), merge(session, ann, bo)
    assert companies.get(session, cy.id) is ann
    assert companies.count_people(session, [ann.id]) == {ann.id: 1}
    assert set(companies.ids_of(session, cy.id)) == {ann.id, bo.id, cy.id}
    with pytest.raises(AlreadyMerged):
        company_merging.unmerge(session, first.id, by=SYSTEM)
    company_merging.unmerge(session, second.id, by=SYSTEM)
    session.expire_all()
    assert companies.get(session, cy.id) is bo
    company_merging.unmerge(session, first.id, by=SYSTEM)
    session.expire_all()
    assert companies.get(session, person.company_id) is cy


def test_none_is_merged_twice_with_itself_or_with_none_and_a_merge_of_people_is_no_merge_of_companies(session):
    ann, bo, cy = (add(session, name) for name in ("Ann", "Bo", "Cy"))
    made = merge(session, ann, bo)
    assert merge(session, ann, bo) is made
    for kept, merged, refusal in ((ann, ann, SameCompany), (bo, cy, AlreadyMerged), (cy, bo, AlreadyMerged)):
        with pytest.raises(refusal):
            merge(session, kept, merged)
    with pytest.raises(PersonNotFound):
        merging.unmerge(session, made.id, by=SYSTEM)
    one, other = people.add(session, by=SYSTEM, name="Ann"), people.add(session, by=SYSTEM, name="Bo")
    session.flush()
    with pytest.raises(CompanyNotFound):
        company_merging.get(session, merging.merge(session, one.id, other.id, by=SYSTEM).id)


def test_likely_ones_have_the_same_name_without_its_form_or_the_same_website(session):
    mine = add(session, "Acme GmbH & Co. KG", website="https://www.acme.example/de")
    same, site = add(session, "ACME"), add(session, "Roasters", website="http://acme.example")
    add(session, "Acme Coffee")
    add(session, "Other", website="https://example.org/acme.example")
    assert company_merging.likely(session, mine) == [same, site]
    assert company_merging.likely(session, add(session, "The")) == []


@pytest.mark.processes
def test_merges_at_once_in_every_direction_leave_no_circle_and_none_is_lost(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        ids = [companies.add(session, by=SYSTEM, name=f"C {n}").id for n in range(3)]
    refused = merged_in_every_direction(services, own_tenant, ids, company_merging.merge)
    with services.db.tenant_session(own_tenant) as session:
        [left] = session.scalars(select(Company).where(Company.merged_into.is_(None))).all()
        assert {companies.get(session, each).id for each in ids} == {left.id}
        assert len(session.scalars(select(Merge)).all()) == 2
    assert all(isinstance(each, AlreadyMerged) for each in refused)


def test_a_file_that_names_a_merged_company_means_the_one_that_stays(services, own_tenant):
    story = Story(services, own_tenant)
    with story.session() as session:
        kept, merged = add(session, "Lee"), add(session, "Lee Imports", external_id="C-2")
        kept_id = kept.id
        merge(session, kept, merged)
    story.run("Name,Company\nAnn,lee imports\nBo,Lee\n")
    with story.session() as session:
        assert companies.count_people(session, [kept_id]) == {kept_id: 2}
        assert companies.count_companies(session) == 1
