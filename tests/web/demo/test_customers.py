"""The demo's customers: five thousand people with a past, the same at each run."""

from sqlalchemy import func, select

from customers import attributes, people
from customers.models import Company, Person
from customers.people import PeopleFilters
from customers.search import asked
from infra.crypto import normal
from tests.web.demo.conftest import Demo
from web.demo import customers
from web.demo import people as staff
from web.demo.story import Story


def test_five_thousand_customers_have_names_companies_attributes_and_contacts(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        count, contacted, scored, employed = session.execute(
            select(
                func.count(),
                func.count(Person.last_contact_at),
                func.count(Person.scored_at),
                func.count(Person.company_id),
            )
        ).one()
        found = people.list_people(session, PeopleFilters(search=asked(session, "anna"), language="de"))
        assert all("anna" in normal.words(row.identity.name)[0] for row in found.items)
        gold = people.count_people(session, PeopleFilters(attributes={"tier": "roasters_friend"}))
        companies = session.scalar(select(func.count()).select_from(Company))
        tier = next(each for each in attributes.list_attributes(session, "person") if each.code == "tier")
        assert {option["code"] for option in tier.options} == set(customers.TIERS)
    assert count == customers.PEOPLE
    assert found.total > 10
    assert 300 < gold < 900
    assert companies == len(customers.BUSINESSES)
    assert (contacted > 0.75 * count, scored > 0.3 * count, employed > 0.08 * count) == (True, True, True)


def test_a_second_run_adds_nobody_and_nothing_lies_in_the_future(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        story = Story(staff.hired_at(session))
    assert customers.fill(demo.services, demo.tenant, story, 1.0) == 0
    for row in customers.everybody(story, 50):
        assert row["last_contact_at"] is None or row["last_contact_at"] <= story.end
