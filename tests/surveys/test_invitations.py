"""Customers of a segment are invited together: once, whole, stopped at will, reminded when they did not answer."""

import subprocess
import sys
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import worker
from customers import consent, contact, contact_batches, links, segments
from customers.models import Contact
from customers.segments import verbs
from customers.segments.errors import SegmentInUse
from infra import clock, long_jobs
from infra.db import TenantRef
from infra.ids import new_id
from infra.long_jobs.running import STALE_AFTER
from infra.mail import outbox_batches, sender
from infra.mail.leases import LeaseLost, Leases
from infra.services import Services
from surveys import (
    invitation_counts,
    invitations,
    known,
    letters,
    library,
    personal_links,
    publishing,
    surveys,
)
from surveys.errors import RoundInvalid, RoundNotFound, SegmentGone, SurveyNotOpen
from surveys.intake import Submission, Target
from surveys.models import Survey, SurveyRound
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK, STAFF, somebody
from tests.customers.segment_story import asks, composed, make
from tests.customers.test_contact_sending import rules
from tests.infra.mail.sink import Sink
from tests.web.api.test_cost import statements

assert composed
RATED = asks("nps", "at_least", 9)


def furnish(session: Session, count: int) -> tuple[Survey, UUID, list[UUID]]:
    """An open survey, and a segment with so many people."""
    rules(session, most=3)
    survey = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
    publishing.publish(session, survey)
    crowd = [somebody(session) for _ in range(count)]
    for person in crowd:
        person.nps = 9
    session.flush()
    return survey, make(session, RATED, name="Happy").id, [person.id for person in crowd]


def run(services: Services, tenant: TenantRef, job_id: UUID) -> None:
    Context().run(lambda: long_jobs.run(services, tenant, long_job=str(job_id)))


def job_of(session: Session, survey_round: SurveyRound) -> UUID:
    return invitations.find_works(session, [survey_round.id])[survey_round.id].id


def begun(
    session: Session, joined: Services, acme: TenantRef, survey: Survey, segment: UUID, **more: object
) -> SurveyRound:
    made = invitations.start(session, survey, segment, by=SYSTEM, key=new_id().hex, **more)  # type: ignore[arg-type]
    run(joined, acme, job_of(session, made))
    session.refresh(made)
    return made


def people_asked(session: Session, survey_round: SurveyRound) -> set[UUID]:
    rows = session.scalars(
        select(Contact.person_id).where(Contact.batch_id == survey_round.id, Contact.state == "requested")
    )
    return set(rows)


@dataclass
class Office:
    """A tenant that sends into a mail server of the test's own."""

    services: Services
    tenant: TenantRef
    sink: Sink

    def send(self) -> None:
        sender.send_batch(self.services, self.tenant, worker.PURPOSES)

    def say(self, verb: str, round_id: UUID) -> None:
        with self.services.db.tenant_session(self.tenant) as session:
            getattr(invitations, verb)(session, session.get_one(SurveyRound, round_id), by=SYSTEM)

    def settle(self) -> None:
        """As the sweeper does, a minute later."""
        with time_machine.travel(clock.now() + timedelta(minutes=1)):
            for job in (outbox_batches.settle_batches, contact_batches.release):
                with self.services.db.tenant_session(self.tenant) as session:
                    job(session)

    def seen(self, round_id: UUID) -> tuple[str, dict[str, int]]:
        with self.services.db.tenant_session(self.tenant) as session:
            found = invitation_counts.progress(session, [session.get_one(SurveyRound, round_id)])[0]
            return found.state, {state: count for state, count in found.standing.states.items() if count}


@pytest.fixture
def office(services: Services, own_tenant: TenantRef) -> Iterator[Office]:
    sink = Sink()
    yield Office(replace(services, settings=replace(services.settings, smtp_port=sink.port)), own_tenant, sink)
    sender.close()
    sink.stop()


def test_asking_twice_is_one_round_and_whom_the_door_refuses_is_counted_with_the_reason(
    session: Session, joined: Services, acme: TenantRef
) -> None:
    survey, segment, people = furnish(session, 4)
    consent.withdraw(session, people[0], "survey", LINK)
    expected = invitation_counts.forecast(session, survey, segment, reminder=False)
    assert (expected.people, expected.would, expected.reasons, expected.exact) == (4, 3, {"withdrawn": 1}, True)
    first = invitations.start(session, survey, segment, by=STAFF, key="one")
    assert invitations.start(session, survey, segment, by=STAFF, key="one").id == first.id
    assert invitation_counts.progress(session, [first])[0].state == "asking"
    with pytest.raises(SegmentInUse):
        verbs.delete(session, verbs.get(session, segment), by=SYSTEM)
    made = begun(session, joined, acme, survey, segment)
    run(joined, acme, job_of(session, made))  # as if it were sent twice
    seen = invitation_counts.progress(session, [made])[0]
    assert (seen.state, dict(seen.standing.states)) == ("sending", {"waiting": 3, "refused": 1})
    assert (seen.standing.reasons, seen.answered) == ({"withdrawn": 1}, 0)
    assert people_asked(session, made) == set(people[1:])
    token = known.issue_link(session, survey, people[1])
    links.spend(session, links.get(session, token, purpose=known.ANSWER, ref=survey.id))
    assert invitation_counts.progress(session, [made])[0].answered == 1


def test_a_reminder_goes_once_to_those_who_were_invited_and_have_not_answered(
    session: Session, joined: Services, acme: TenantRef
) -> None:
    survey, segment, people = furnish(session, 3)
    begun(session, joined, acme, survey, segment)
    token = known.issue_link(session, survey, people[0])
    links.spend(session, links.get(session, token, purpose=known.ANSWER, ref=survey.id))
    newcomer = somebody(session)
    newcomer.nps = 10
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert invitation_counts.forecast(session, survey, segment, reminder=True).fitting == 2
        reminder = begun(session, joined, acme, survey, segment, reminder=True)
        assert people_asked(session, reminder) == set(people[1:])
        again = begun(session, joined, acme, survey, segment, reminder=True)
        assert people_asked(session, again) == set()


def test_whoever_answered_an_anonymous_survey_is_reminded_like_everybody_and_answers_once(
    session: Session, joined: Services, acme: TenantRef
) -> None:
    survey, segment, people = furnish(session, 3)
    known.set_identity(session, survey, "anonymous", by=SYSTEM)
    first = begun(session, joined, acme, survey, segment)
    tokens = invited(session, survey, people)
    target = Target.of(publishing.find_live(session, survey.address))  # type: ignore[arg-type]
    form = Submission(key=new_id(), revision=1, language="en", answers={}, finished=False)
    known.spend_unseen(session, target, form, known.Claim("p", tokens[people[0]]))
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert invitation_counts.forecast(session, survey, segment, reminder=True).fitting == 3
        reminder = begun(session, joined, acme, survey, segment, reminder=True)
        assert people_asked(session, reminder) == set(people)
        again = invited(session, survey, people, reminder=True)
        assert [each.answered for each in invitation_counts.progress(session, [reminder, first])] == [None, None]
        for token in (*tokens.values(), *again.values()):
            assert known.find(session, survey.id, known.Claim("p", token), telling=False) is not None
        with pytest.raises(links.LinkSpent):
            known.spend_unseen(session, target, form, known.Claim("p", again[people[0]]))
        known.spend_unseen(session, target, form, known.Claim("p", again[people[1]]))
        with pytest.raises(links.LinkSpent):
            known.spend_unseen(session, target, form, known.Claim("p", tokens[people[1]]))
        known.set_identity(session, survey, "identified", by=SYSTEM)
        assert [each.answered for each in invitation_counts.progress(session, [first, reminder])] == [0, 0]
        listed = personal_links.list_links(session, survey).items
        assert {personal_links.state_of(survey, link) for link in listed} == {"open"}


def invited(session: Session, survey: Survey, people: list[UUID], *, reminder: bool = False) -> dict[UUID, str]:
    """The links of the letters that were asked for last, as their mails are made."""
    query = select(Contact).where(Contact.person_id.in_(people), Contact.reminder == reminder)
    opened = letters.find_open(session, survey.id, "en")
    assert opened is not None
    return letters._tokens(session, opened, session.scalars(query).all())


def test_a_reminder_that_waits_is_not_sent_to_whoever_answers_meanwhile(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, people = furnish(session, 2)
        survey_id = survey.id
        contact.request_many(session, people, "survey", ref=survey_id, key="before")
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one", reminder=True).id
        job = job_of(session, session.get_one(SurveyRound, made))
    run(office.services, office.tenant, job)
    with office.services.db.tenant_session(office.tenant) as session:
        token = known.issue_link(session, surveys.get_survey(session, survey_id), people[0])
        links.spend(session, links.get(session, token, purpose=known.ANSWER, ref=survey_id))
    office.send()
    with office.services.db.tenant_session(office.tenant) as session:
        found = select(Contact.person_id, Contact.reason).where(Contact.batch_id == made)
        told = {(row.person_id, row.reason) for row in session.execute(found)}
        assert told == {(people[0], "nothing_to_say"), (people[1], None)}


def test_how_many_rounds_stand_is_asked_with_as_few_statements_as_how_one_does(session: Session) -> None:
    survey, segment, _ = furnish(session, 1)
    rounds = [invitations.start(session, survey, segment, by=SYSTEM, key=str(each)) for each in range(4)]
    counts = []
    for some in (rounds[:1], rounds):
        with statements() as asked:
            assert [each.answered for each in invitation_counts.progress(session, some)] == [0] * len(some)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 6


def test_what_cannot_begin_says_why(session: Session) -> None:
    survey, segment, _ = furnish(session, 1)
    with pytest.raises(RoundInvalid):
        invitations.start(session, survey, new_id(), by=SYSTEM, key="a")
    verbs.archive(session, verbs.get(session, segment), by=SYSTEM)
    with pytest.raises(RoundInvalid):
        invitations.start(session, survey, segment, by=SYSTEM, key="b")
    publishing.withdraw(session, survey)
    with pytest.raises(SurveyNotOpen):
        invitations.start(session, survey, segment, by=SYSTEM, key="c")
    with pytest.raises(RoundNotFound):
        invitations.get(session, survey.id, new_id())


def test_a_round_is_paused_within_a_lease_goes_on_and_what_is_cancelled_frees_its_room(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, people = furnish(session, 3)
        survey_id = survey.id
        one = invitations.start(session, survey, segment, by=SYSTEM, key="one").id
        job = job_of(session, session.get_one(SurveyRound, one))
    office.say("pause", one)  # before anybody was asked for
    run(office.services, office.tenant, job)
    office.send()
    office.settle()
    assert office.seen(one) == ("paused", {"held": 3})
    office.say("resume", one)
    leases = Leases(office.services.db, office.tenant)
    begun, leased, _ = leases.take(3)
    assert len(leases.open_window([begun, leased])) == 2
    leases.begin(begun, "<x@example.org>")
    office.say("pause", one)
    with pytest.raises(LeaseLost):
        leases.begin(leased, "<y@example.org>")
    leases.give_back(leased, timedelta(0))
    leases.finish(begun, "accepted", "250")
    office.send()
    assert (office.seen(one)[0], office.sink.raw) == ("paused", [])
    office.settle()
    office.say("resume", one)
    office.send()
    assert office.seen(one) == ("done", {"sent": 3})
    assert len(office.sink.raw) == 2
    with office.services.db.tenant_session(office.tenant) as session:
        survey = surveys.get_survey(session, survey_id)
        two = invitations.start(session, survey, segment, by=SYSTEM, key="two").id
        job = job_of(session, session.get_one(SurveyRound, two))
    run(office.services, office.tenant, job)
    for verb in ("cancel", "cancel", "pause", "resume"):
        office.say(verb, two)
    office.send()
    office.settle()
    assert office.seen(two) == ("cancelled", {"cancelled": 3})
    assert len(office.sink.raw) == 2
    with office.services.db.tenant_session(office.tenant) as session:
        reasons = session.execute(select(Contact.state, Contact.reason).where(Contact.batch_id == two)).all()
        assert {tuple(each) for each in reasons} == {("cancelled", "taken_back")}
        assert not contact_batches.has_unreleased(session)
        taken = select(func.count()).where(Contact.person_id.in_(people), Contact.state == "requested")
        assert session.scalar(taken) == 3


def test_a_round_whose_survey_closed_meanwhile_stops_and_goes_on_later(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, _ = furnish(session, 2)
        survey_id = survey.id
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one").id
        job = job_of(session, session.get_one(SurveyRound, made))
        publishing.withdraw(session, survey)
    run(office.services, office.tenant, job)
    assert office.seen(made) == ("stopped", {})
    with office.services.db.tenant_session(office.tenant) as session:
        publishing.publish(session, surveys.get_survey(session, survey_id))
    office.say("resume", made)
    office.say("resume", made)
    with office.services.db.tenant_session(office.tenant) as session:
        again = job_of(session, session.get_one(SurveyRound, made))
    assert again != job
    run(office.services, office.tenant, again)
    assert office.seen(made) == ("sending", {"waiting": 2})


def test_a_round_that_stopped_does_not_keep_its_segment_and_without_it_does_not_go_on(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, _ = furnish(session, 2)
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one").id
        job = job_of(session, session.get_one(SurveyRound, made))
        publishing.withdraw(session, survey)
        survey_id = survey.id
    run(office.services, office.tenant, job)
    with office.services.db.tenant_session(office.tenant) as session:
        verbs.delete(session, verbs.get(session, segment), by=SYSTEM)
        publishing.publish(session, surveys.get_survey(session, survey_id))
    with pytest.raises(SegmentGone):
        office.say("resume", made)
    assert office.seen(made) == ("stopped", {})
    office.say("cancel", made)
    assert office.seen(made) == ("cancelled", {})


def test_what_comes_back_into_the_line_long_after_its_batch_was_cancelled_is_ended_too(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, _ = furnish(session, 2)
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one").id
        job = job_of(session, session.get_one(SurveyRound, made))
    run(office.services, office.tenant, job)
    leases = Leases(office.services.db, office.tenant)
    begun, _ = leases.take(2)[:2]
    leases.open_window([begun])
    leases.begin(begun, "<x@example.org>")
    office.say("cancel", made)
    office.settle()
    with office.services.db.tenant_session(office.tenant) as session:
        assert contact_batches.has_unreleased(session)  # a server may have it
    leases.again(begun, "451 4.3.0 later")
    with time_machine.travel(clock.now() + timedelta(days=3)):
        office.settle()
        office.settle()
    assert office.seen(made) == ("cancelled", {"cancelled": 2})
    with office.services.db.tenant_session(office.tenant) as session:
        assert not contact_batches.has_unreleased(session)


def test_cancelling_stops_the_asking_too(office: Office) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, _ = furnish(session, 2)
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one").id
        job = job_of(session, session.get_one(SurveyRound, made))
    office.say("cancel", made)
    run(office.services, office.tenant, job)
    assert office.seen(made) == ("cancelled", {})
    with office.services.db.tenant_session(office.tenant) as session:
        assert invitations._ask(session, made, []) is False
        assert segments.select_people(session, verbs.get(session, segment)) is not None
        verbs.delete(session, verbs.get(session, segment), by=SYSTEM)


@pytest.mark.processes
def test_what_a_killed_worker_left_half_done_is_ended_by_another_and_nobody_is_asked_twice(
    services: Services, own_tenant: TenantRef, environment: dict[str, str]
) -> None:
    services.queues.connection.flushdb()
    with services.db.tenant_session(own_tenant) as session:
        survey, segment, people = furnish(session, 5)
        made = invitations.start(session, survey, segment, by=SYSTEM, key="one").id

    def run_worker(*how: str) -> int:
        command = [sys.executable, "-m", "tests.processes.inviting_worker", *how]
        return subprocess.run(command, env=environment, timeout=120, check=False).returncode

    def counted() -> tuple[int, int]:
        with services.db.tenant_session(own_tenant) as session:
            rows = session.scalars(select(Contact.person_id).where(Contact.batch_id == made)).all()
            return len(rows), len(set(rows))

    assert run_worker("die") == -9
    assert counted() == (2, 2)
    with services.db.tenant_session(own_tenant) as session:
        work = invitations.find_works(session, [made])[made]
        work.heartbeat_at = clock.now() - STALE_AFTER - timedelta(seconds=1)  # as if so much time had passed
        session.flush()
        long_jobs.resume_stale(session)
    assert run_worker() == 0
    assert counted() == (len(people), len(people))
    with services.db.tenant_session(own_tenant) as session:
        assert session.get_one(SurveyRound, made).asked_at is not None
    services.queues.connection.flushdb()
