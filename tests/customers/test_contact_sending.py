"""The door at the moment of sending, by a real sender into a real mail server: what changed since it was asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import worker
from customers import consent, contact, contact_rules, suppressions, topics
from customers.models import Contact, Person, Preferences
from infra.clock import now
from infra.db import TenantRef
from infra.events.models import Event
from infra.ids import new_id
from infra.mail import sender
from infra.mail.leases import Leases
from infra.mail.models import Outbox
from infra.mail.purposes import Later
from infra.mail.sender_making import Maker
from infra.services import Services
from tests.customers.contact_story import FORM, LINK, STAFF, hello, letters, merge, outgoing, somebody
from tests.infra.mail.sink import Sink, sending_to

LATE = datetime(2026, 5, 6, 20, 30, tzinfo=UTC)


@pytest.fixture
def mailing(services: Services, sink: Sink) -> Iterator[Services]:
    """Services that send to the sink, with letters for every purpose."""
    with letters(), sending_to(sink, services) as sending:
        yield sending


def rules(session: Session, most: int = 2, begin: int | None = None, until: int | None = None) -> None:
    contact_rules.set_quiet_hours(session, begin=begin, until=until, days=[], by=STAFF)
    contact_rules.set_budget(session, most=most, days=14, by=STAFF)


def ask(session: Session, person: Person | UUID, purpose: str = "survey", **more: object) -> UUID:
    who = person if isinstance(person, UUID) else person.id
    return contact.request(session, who, purpose, ref=new_id(), key=new_id().hex, **more).id  # type: ignore[arg-type]


def became(session: Session, contact_id: UUID) -> tuple[str, str | None, str]:
    """State and reason of the contact, and the state of its mail."""
    row = session.get_one(Contact, contact_id)
    mail = session.scalars(select(Outbox).where(Outbox.ref_id == contact_id)).one()
    return row.state, row.reason, mail.state


@pytest.mark.processes
def test_what_speaks_against_a_mail_by_the_time_it_is_sent_ends_it_with_its_reason(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session)
        tasting = topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)
        fine, gone, bounced, erased, resting, tasted = (somebody(session) for _ in range(6))
        for each in (fine, tasted):
            consent.give(session, each.id, "news", FORM)
        asked = {who.id: ask(session, who) for who in (fine, gone, bounced, erased, resting)}
        asked[tasted.id] = ask(session, tasted, "news", topic="tastings")
        service = ask(session, gone, "service")
    with mailing.db.tenant_session(own_tenant) as session:
        consent.withdraw(session, gone.id, "survey", LINK)
        suppressions.add(
            session, session.get_one(Person, bounced.id).identity.email, kind="hard_bounce", source="dsn"
        )
        session.get_one(Person, erased.id).erased_at = now()
        session.add(Preferences(person_id=resting.id, paused_until=now() + timedelta(days=30)))
        topics.archive(session, session.merge(tasting), by=STAFF)
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    with mailing.db.tenant_session(own_tenant) as session:
        reasons = {who: became(session, contact_id) for who, contact_id in asked.items()}
        assert reasons[fine.id] == ("requested", None, "accepted")
        for who, reason in (
            (gone, "withdrawn"),
            (bounced, "hard_bounce"),
            (erased, "erased"),
            (resting, "paused"),
            (tasted, "topic_archived"),
        ):
            assert reasons[who.id] == ("cancelled", reason, "cancelled")
        assert became(session, service) == ("requested", None, "accepted")
        told = session.scalars(select(Event).where(Event.kind == "customers.contact_refused")).all()
        assert {each.subject_id for each in told} == set(asked.values()) - {asked[fine.id]}
    assert len(sink.raw) == 2


@pytest.mark.processes
def test_quiet_hours_that_began_meanwhile_move_a_mail_and_never_refuse_it(
    mailing: Services, own_tenant: TenantRef, sink: Sink, time_machine: object
) -> None:
    travel = time_machine.move_to  # type: ignore[attr-defined]
    travel(LATE, tick=True)
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session)
        person = somebody(session, zone="Europe/Vienna").id
        asked, service = ask(session, person), ask(session, person, "service")
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session, begin=21 * 60, until=8 * 60)
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    morning = datetime(2026, 5, 7, 6, tzinfo=UTC)
    with mailing.db.tenant_session(own_tenant) as session:
        assert became(session, asked) == ("requested", None, "queued")
        assert became(session, service) == ("requested", None, "accepted")
        mail = session.scalars(select(Outbox).where(Outbox.ref_id == asked)).one()
        assert abs(mail.next_attempt_at - morning) < timedelta(seconds=1)
        assert (session.get_one(Contact, asked).due_at, mail.attempts) == (morning, 0)
        assert ask(session, person) != asked
    travel(morning + timedelta(minutes=1), tick=True)
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    with mailing.db.tenant_session(own_tenant) as session:
        assert became(session, asked) == ("requested", None, "accepted")


@pytest.mark.processes
def test_under_a_smaller_budget_those_that_came_first_go_out(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session, most=4)
        person, twin = somebody(session), somebody(session)
        first, second, other = ask(session, person), ask(session, person), ask(session, twin)
    with mailing.db.tenant_session(own_tenant) as session:
        merge(session, session.get_one(Person, twin.id), session.get_one(Person, person.id), now())
        rules(session, most=1)
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    with mailing.db.tenant_session(own_tenant) as session:
        assert became(session, first) == ("requested", None, "accepted")
        for late in (second, other):
            assert became(session, late) == ("cancelled", "budget", "cancelled")
    assert len(sink.raw) == 1


@pytest.mark.processes
def test_two_workers_at_once_let_one_mail_out_under_a_budget_of_one(
    mailing: Services, own_tenant: TenantRef, sink: Sink
) -> None:
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session, most=2)
        person = somebody(session).id
        asked = [ask(session, person), ask(session, person)]
    with mailing.db.tenant_session(own_tenant) as session:
        rules(session, most=1)
    together = Barrier(2)

    def go(_: int) -> int:
        leases = Leases(mailing.db, own_tenant)
        leased = leases.take(1)
        together.wait()
        ready = Maker(mailing, own_tenant, worker.PURPOSES, leases, frozenset()).make(leased)
        leases.give_back_all([each.mail for each in ready], timedelta(0))
        return len(ready)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, range(2))) == [0, 1]
    sender.send_batch(mailing, own_tenant, worker.PURPOSES)
    with mailing.db.tenant_session(own_tenant) as session:
        assert [became(session, each)[0] for each in asked] == ["requested", "cancelled"]
    assert len(sink.raw) == 1


def test_a_batch_is_made_with_the_same_few_statements(joined: Services, session: Session, acme: TenantRef) -> None:
    rules(session)
    asked = [session.get_one(Contact, ask(session, somebody(session))) for _ in range(30)]
    quiet = session.get_one(Contact, ask(session, somebody(session)))
    session.flush()
    mails = [outgoing(joined, acme, each) for each in [*asked, quiet]]
    counted: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: counted.append(given[2]))
    with letters(survey=lambda s, c, m: None if c.id == quiet.id else hello(s, c, m)):
        made = list(worker.PURPOSES.render_many(session, mails))
    assert len(counted) < 20
    assert made[-1] is None
    assert not any(each is None or isinstance(each, Later | Exception) for each in made[:-1])
    assert (quiet.state, quiet.reason) == ("cancelled", "nothing_to_say")
