"""Two companies that are one: merged with their people, found under both ids, and taken apart again exactly."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.engine import Engine

from customers import (
    attributes,
    companies,
    company_likeness,
    company_merging,
    duplicates,
    interactions,
    merging,
    people,
    timeline,
)
from customers.errors import CompanyNotFound, PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver, SameCompany
from customers.merge_images import UNDO_FOR
from customers.models import Company, Merge
from customers.people import PeopleFilters
from customers.segments import select_fitting, verbs
from infra import clock
from infra.events.models import Event
from infra.ids import new_id
from tenants.models import AuditEntry
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
    assert alike(session, mine) == [same, site]
    assert alike(session, add(session, "The")) == []


@contextmanager
def statements_with_values():
    seen = []

    def note(connection, cursor, statement, values, *rest):
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def alike(session, company):
    return [each.company for each in company_likeness.likely(session, company)]


def test_names_that_begin_with_a_legal_form_or_an_article_are_found_from_both_sides(session):
    bean, dupont = add(session, "Bean"), add(session, "Dupont & Fils")
    the_bean, sarl = add(session, "The Bean Co."), add(session, "SARL Dupont Fils")
    for number in range(company_likeness.MOST_COMPARED):
        companies.add(session, by=SYSTEM, name=f"Bean bags {number}")
    session.flush()
    for one, other in ((bean, the_bean), (dupont, sarl)):
        assert (alike(session, one), alike(session, other)) == ([other], [one])


def test_what_is_alike_is_found_by_indexes_in_a_register_of_many(session):
    mine = add(session, "Lee_Bean 50% GmbH", website="https://lee.example/a_b")
    rows = [
        {"id": new_id(), "name": f"Company {n}", "website": f"https://c{n}.example", "attributes": {}}
        for n in range(4_000)
    ]
    session.execute(insert(Company), rows)
    session.execute(text("ANALYZE companies"))
    with statements_with_values() as seen:
        assert alike(session, mine) == []
    reads = [each for each in seen if "companies" in each[0]]
    assert len(reads) == 2
    for statement, values in reads:
        plan = session.connection().exec_driver_sql(f"EXPLAIN {statement}", values).scalars().all()
        assert "Seq Scan" not in " ".join(plan), plan


def test_two_companies_that_are_not_the_same_are_not_offered_again(session):
    one, other, third = (add(session, name) for name in ("Lee", "LEE GmbH", "The Lee Co"))
    for _ in range(2):
        company_likeness.dismiss(session, other.id, one.id, by=OWNER)
    assert alike(session, one) == [third]
    assert alike(session, other) == [third]
    deeds = session.scalars(select(AuditEntry).where(AuditEntry.action == "company_duplicate.dismissed")).all()
    assert [deed.subject_id for deed in deeds] == [min(one.id, other.id)]
    assert duplicates.count_pairs(session) == 0
    merge(session, third, other)
    with pytest.raises(SameCompany):
        company_likeness.dismiss(session, third.id, other.id, by=OWNER)


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
