"""Consent that comes with a file: proved, never against a later withdrawal, and withdrawn when the file is."""

from contextvars import Context
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select

from customers import consent, contact_rules, people, topics
from customers.consent import Proof
from customers.imports import seams, verbs
from customers.imports.errors import MappingInvalid
from customers.models import Attribute, Company, Consent, Person
from infra import clock
from infra.events.models import Event
from tenants.permissions import SYSTEM
from tests.customers.import_story import ADMIN, Story
from web.registries import IMPORT_EXTRAS

NEWS, TASTINGS = "extra.consent.news.email", "extra.consent.news.email.tastings"
SURVEYS, ON = "extra.consent.survey.email", "extra.consent_on"
SAID = {"options": {"consent": {"origin": "Asked at the till since 2023, on paper.", "text_version": "Till 4"}}}


@pytest.fixture
def story(services, own_tenant):
    before = tuple(seams.extras().values())
    seams.configure(*IMPORT_EXTRAS)
    with services.db.tenant_session(own_tenant) as session:
        topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=SYSTEM)
    yield Story(services, own_tenant)
    seams.configure(*before)


def states(story, purpose="news", topic=""):
    """By external id what counts."""
    with story.session() as session:
        living = session.scalars(select(Person).where(Person.merged_into.is_(None)))
        return {
            each.external_id: consent.state_of(session, each.id, purpose, topic=topic).code
            for each in living
            if each.external_id
        }


def test_each_consent_carries_its_proof_and_yes_and_no_are_understood(story):
    with story.session() as session:
        found = dict(verbs.meanings(session, by=ADMIN))
    assert found[NEWS] == "Consent: News and offers, E-mail"
    assert found[TASTINGS] == "Consent: News and offers, Tastings, E-mail"
    content = "Id,News,Tastings,Surveys,On\n1,Ja,,nein,31.03.2024\n2,,oui,,\n3,perhaps,,,\n4,x,0,,2031-01-01\n"
    columns = ["external_id", NEWS, TASTINGS, SURVEYS, ON]
    with pytest.raises(MappingInvalid) as refused:
        story.run(content, columns)
    assert "consent_origin" in refused.value.problems
    import_id = story.begin(content)
    checked = story.check(import_id, columns, **SAID)
    assert [checked.counts[name] for name in ("added", "wrong", "consents", "withdrawals")] == [2, 2, 2, 1]
    story.work(story.start(import_id))
    done = story.get(import_id)
    assert [done.counts[name] for name in ("consents", "withdrawals", "consents_kept")] == [2, 1, 0]
    assert states(story) == {"1": "given", "2": "none"}
    assert states(story, topic="tastings") == {"1": "given", "2": "given"}
    assert states(story, "survey") == {"1": "withdrawn", "2": "none"}
    assert "Write yes or no" in story.errors(done)
    with story.session() as session:
        row = session.scalars(select(Consent).where(Consent.purpose == "news", Consent.topic == "")).one()
        assert (row.source, row.evidence, row.text_version) == ("import", import_id, "Till 4")
        assert row.how == SAID["options"]["consent"]["origin"]
        assert row.at.date().isoformat() == "2024-03-31"
        told = session.scalars(select(Event.data).where(Event.kind == "customers.consent_changed")).all()
        assert sorted(each["state"] for each in told) == ["given", "given", "withdrawn"]


def test_a_withdrawal_stands_against_a_list_unless_the_list_says_that_they_agreed_later(story):
    with story.session() as session:
        yesterday = clock.now() - timedelta(days=1)
        for number in "123":
            someone = people.add(session, by=SYSTEM, name="Ann", external_id=number)
            session.flush()
            withdrawn = Proof("mail", at=yesterday - timedelta(days=30 if number == "3" else 0))
            consent.withdraw(session, someone.id, "news", withdrawn)
    columns = ["external_id", NEWS, ON]
    last_week = (clock.now() - timedelta(days=7)).date().isoformat()
    done = story.run(f"Id,News,On\n1,yes,\n2,yes,{last_week}\n3,yes,{last_week}\n", columns, **SAID)
    assert (done.counts["consents"], done.counts["consents_kept"]) == (1, 2)
    assert states(story) == {"1": "withdrawn", "2": "withdrawn", "3": "given"}
    again = story.run("Id,News\n3,yes\n", columns[:2], **SAID)
    assert (again.counts["consents"], again.counts["consents_kept"]) == (0, 0)


def test_where_an_age_is_asked_a_list_gives_nothing_and_the_rule_of_two_steps_is_the_verbs(story):
    with story.session() as session:
        asked = {"asked_first": [], "confirmed": ["loyalty"], "ages": {"news": 16}, "channels": ["email"]}
        contact_rules.set_consent(session, by=SYSTEM, **asked)
    columns = ["external_id", NEWS, "extra.consent.loyalty.email"]
    done = story.run("Id,News,Loyalty\n1,yes,yes\n", columns, **SAID)
    assert (done.counts["consents"], done.counts["consents_refused"]) == (1, 1)
    assert states(story) == {"1": "none"}
    assert states(story, "loyalty") == {"1": "given"}


def test_undoing_withdraws_what_the_file_gave_removes_its_people_and_reports_what_stays(story):
    with story.session() as session:
        people.add(session, by=SYSTEM, name="Old", external_id="9")
    content = "Id,News,Surveys,Colour,Company\n1,yes,no,red,Acme\n2,yes,,blue,Globex\n9,yes,,,\n"
    columns = ["external_id", NEWS, SURVEYS, "new.text", "company"]
    done = story.run(content, columns, **SAID)
    assert done.made["attributes"] == ["colour"]
    with story.session() as session:
        second = people.find_by_external_id(session, "2")
        consent.withdraw(session, second.id, "news", Proof("mail"))
        consent.give(session, second.id, "news", Proof("form"))
        other = people.add(session, by=SYSTEM, name="Cy", attributes={"colour": "red"})
        session.flush()
        assert other.id
    undone = story.undo(done)
    assert states(story) == {"2": "given", "9": "withdrawn"}
    assert [str(second.id)] == undone.left
    report = undone.made["report"]
    assert (report["consents"], report["withdrawals_kept"]) == (2, 1)
    assert (report["companies"], report["companies_kept"]) == (1, 1)
    assert (report["attributes"], report["attributes_kept"]) == ([], ["colour"])
    with story.session() as session:
        acts = session.scalars(select(Consent).where(Consent.evidence == done.id).order_by(Consent.id)).all()
        assert [act.state for act in acts].count("withdrawn") == 3
        assert [row.name for row in session.scalars(select(Company))] == ["Globex"]
        assert session.scalars(select(Event).where(Event.kind == "customers.import_undone")).one().data == {
            "left": 1
        }
        attribute = session.scalars(select(Attribute)).one()
        assert attribute.archived_at is None


def test_attributes_that_nobody_uses_are_archived_with_the_import_that_declared_them(story):
    done = story.run("Id,Colour\n1,red\n", ["external_id", "new.text"])
    undone = story.undo(done)
    assert undone.made["report"]["attributes"] == ["colour"]
    with story.session() as session:
        assert session.scalars(select(Attribute)).one().archived_at is not None


def test_an_import_goes_on_after_its_check_where_that_was_asked_for_and_a_mapping_is_found_by_name(story):
    import_id = story.begin("Id,Who\n1,Ann\n")
    checked = story.check(import_id, ["external_id", "name"], then_run=True, remember_as="till")
    assert checked.state == "importing"
    story.work(checked.job_id)
    assert story.get(import_id).state == "done"
    later = story.begin("WHO;Note;Id\nBo;x;2\n")
    with story.session() as session:
        told = session.scalars(select(Event.data).where(Event.kind == "customers.import_finished")).one()
        assert told == {"added": 1, "updated": 0, "skipped": 0, "wrong": 0, "companies": 0}
        other = verbs.get(session, later)
        assert verbs.named(session, other, "till") == ["name", "", "external_id"]
        with pytest.raises(MappingInvalid):
            verbs.named(session, other, "unknown")


@pytest.mark.processes
def test_who_withdraws_while_the_file_comes_in_is_withdrawn_in_the_end(story):
    content = "Id,News\n" + "".join(f"{number},yes\n" for number in range(1_100))
    story.run("Id,Name\n7,Ann\n1050,Bo\n", ["external_id", "name"])
    import_id = story.begin(content)
    story.check(import_id, ["external_id", NEWS], **SAID)
    job = story.start(import_id)
    with story.session() as session:
        ids = [people.find_by_external_id(session, number).id for number in ("7", "1050")]

    def give_up(person):
        with story.session() as session:
            consent.withdraw(session, person, "news", Proof("mail"))

    threads = [Thread(target=story.work, args=(job,))]
    threads += [Thread(target=Context().run, args=(give_up, person)) for person in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with story.session() as session:
        codes = [consent.state_of(session, person, "news").code for person in ids]
        given = session.scalar(select(func.count()).where(Consent.state == "given", Consent.evidence == import_id))
    assert codes == ["withdrawn", "withdrawn"]
    assert 1_098 <= given <= 1_100
