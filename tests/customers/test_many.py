"""Many customers at once: the same change to all who fit, and all of them as a file."""

import csv
import io
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from customers import attributes, bulk, companies, exports, people
from customers.errors import AttributeInvalid, AttributeNotFound, PersonChanged
from customers.models import Person
from customers.people import PeopleFilters
from customers.revisions import revision_of
from customers.search import Search, asked
from customers.selection import Selection
from infra import long_jobs
from infra.db import TenantRef
from infra.events.models import Event
from infra.ids import new_id
from infra.long_jobs import LongJob
from infra.services import Services
from infra.storage import StorageKey
from tenants.models import AuditEntry
from tenants.permissions import Actor

EDITOR = Actor("staff", new_id(), frozenset({"customers.edit", "customers.export"}))


@pytest.fixture(autouse=True)
def everybody_may(services: Services) -> Iterator[None]:
    from infra.long_jobs import running

    before = running._may_still
    long_jobs.configure(lambda session, starter, permission: True)
    yield
    long_jobs.configure(before)
    services.queues.connection.flushdb()


@pytest.fixture
def crowd(services: Services, own_tenant: TenantRef) -> list[UUID]:
    """Seven committed people; three speak German."""
    with services.db.tenant_session(own_tenant) as session:
        options = ["Gold", "Silver"]
        attributes.declare(session, by=EDITOR, subject="person", label="Tier", type="choice", options=options)
        return [
            people.add(session, by=EDITOR, name=f"={n} Person", language="de" if n < 3 else "en").id
            for n in range(7)
        ]


def done(services: Services, tenant: TenantRef, job_id: UUID) -> LongJob:
    long_jobs.run(services, tenant, long_job=str(job_id))
    with services.db.tenant_session(tenant) as session:
        work = long_jobs.get_long_job(session, job_id)
        session.expunge(work)
        return work


def lines_of(services: Services, work: LongJob, key: str) -> list[dict[str, Any]]:
    raw = b"".join(services.storage.stream(StorageKey(getattr(work, key)))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(raw)))


def test_an_attribute_is_set_for_all_who_fit_and_nobody_is_changed_twice(services, own_tenant, crowd):
    with services.db.tenant_session(own_tenant) as session:
        tier = attributes.list_attributes(session, "person")[0]
        germans = Selection(filters=PeopleFilters(language="de"))
        told = {"by": EDITOR, "key": "0" * 32}
        first = bulk.start_attribute(session, germans, tier.id, "Gold", **told).id
        assert bulk.start_attribute(session, germans, tier.id, "Gold", **told).id == first
        again = bulk.start_attribute(session, germans, tier.id, "Gold", by=EDITOR, key="1" * 32).id
        with pytest.raises(AttributeInvalid):
            bulk.start_attribute(session, germans, tier.id, "Iron", **told)
        with pytest.raises(AttributeNotFound):
            bulk.start_attribute(session, germans, new_id(), "Gold", **told)
    assert done(services, own_tenant, first).state == "done"
    assert done(services, own_tenant, again).done == 3
    with services.db.tenant_session(own_tenant) as session:
        gold = people.list_people(session, PeopleFilters(attributes={"tier": "gold"}))
        assert {person.id for person in gold.items} == set(crowd[:3])
        changed = session.query(Event).filter(Event.kind == "customers.person_changed").count()
        assert changed == 3
        noted = session.query(AuditEntry).filter(AuditEntry.action == "customers.changed_in_bulk").count()
        assert noted == 2


def test_the_chosen_ones_get_a_company_and_who_is_gone_stands_in_the_file(services, own_tenant, crowd):
    with services.db.tenant_session(own_tenant) as session:
        company = companies.add(session, by=EDITOR, name="Lee GmbH").id
        session.get_one(Person, crowd[1]).merged_into = crowd[0]
        nobody = new_id()
        chosen = Selection(ids=(crowd[1], crowd[4], nobody))
        job = bulk.start_company(session, chosen, company, by=EDITOR, key="0" * 32).id
    work = done(services, own_tenant, job)
    assert (work.state, work.errors) == ("done", 1)
    assert lines_of(services, work, "errors_key") == [{"id": str(nobody), "reason": "not_found"}]
    with services.db.tenant_session(own_tenant) as session:
        assert {row.id for row in session.query(Person).filter(Person.company_id == company)} == {
            crowd[0],
            crowd[4],
        }


def test_a_file_of_customers_holds_what_is_known_and_no_formula(services, own_tenant, crowd):
    with services.db.tenant_session(own_tenant) as session:
        ann = session.get_one(Person, crowd[0])
        people.change(session, ann, by=EDITOR, email="+ann@x.org", attributes={"tier": "gold"})
        searched = Selection(filters=PeopleFilters(search=asked(session, "pers"), language="de"))
        codes = searched.to_codes()
        assert "pers" not in str(codes)
        assert Selection.from_codes(codes) == searched
        job = exports.start(session, searched, by=EDITOR, key="0" * 32, locale="de", zone="Europe/Berlin").id
    work = done(services, own_tenant, job)
    rows = lines_of(services, work, "result_key")
    assert [row["id"] for row in rows] == [str(each) for each in crowd[:3]]
    assert (rows[0]["name"], rows[0]["email"], rows[0]["Tier"]) == ("'=0 Person", "'+ann@x.org", "Gold")
    assert rows[0]["created_at"].endswith(("+01:00", "+02:00"))


def test_a_search_that_found_nobody_means_nobody_also_in_long_work(session):
    assert Selection(filters=PeopleFilters(search=Search())).count(session, most=10) == 0
    assert asked(session, "--") is not None


def test_two_who_change_the_same_customer_at_the_same_moment_both_hear_of_it(services, own_tenant, crowd):
    """Each has seen the same state; threads and commits of their own."""
    with services.db.tenant_session(own_tenant) as session:
        seen = revision_of(session.get_one(Person, crowd[0]))
    gate, heard = threading.Barrier(4), []

    def change(number: int) -> None:
        gate.wait()
        try:
            with services.db.tenant_session(own_tenant) as session:
                person = people.get(session, crowd[0])
                people.change(session, person, by=EDITOR, revision=seen, phone=f"+493012345{number}")
            heard.append("saved")
        except PersonChanged:
            heard.append("told")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == ["saved", "told", "told", "told"]
