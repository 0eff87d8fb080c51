"""Links to surveys: two of one person at once, mixed after their day, taken back with a mailbox; and what an
earlier release left behind of them and of cancelled rounds.
"""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
import time_machine
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from customers import contact, contact_batches, links, links_mixing, people
from customers.models import Contact, PersonalLink
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail import outbox_batches
from infra.services import Services
from surveys import invitations, known, publishing, surveys
from surveys.intake import Submission, Target
from surveys.models import Survey, SurveyRound
from tenants.migrations import TENANT
from tenants.models import Mark
from tenants.permissions import SYSTEM, Actor
from tests.customers.contact_story import STAFF, somebody
from tests.customers.segment_story import composed
from tests.surveys.making import everything
from tests.surveys.test_invitations import Office, furnish, job_of, office, run

__all__ = ["composed", "office"]


def anonymous(session: Session) -> Survey:
    made = surveys.create_from_document(session, "How was it?", everything(), zone="UTC")
    publishing.publish(session, made)
    known.set_identity(session, made, "anonymous", by=STAFF)
    return made


def target_of(session: Session, survey: Survey) -> Target:
    found = publishing.find_live(session, survey.address)
    assert found is not None
    return Target.of(found)


def answers(session: Session, target: Target, token: str) -> None:
    form = Submission(key=uuid4(), revision=1, language="en", answers={"q_score": "9"})
    known.spend_unseen(session, target, known.without_trace(form, "UTC"), known.Claim("p", token))


def used(session: Session, survey_id: UUID) -> set[datetime | None]:
    return set(session.scalars(select(PersonalLink.spent_at).where(PersonalLink.ref_id == survey_id)))


def after_0033(session: Session) -> None:
    """What the migration does to rows."""
    made = ScriptDirectory(str(TENANT)).get_revision("0033")
    for statement in (made.module.TELL_NO_DAY, made.module.MIX, made.module.END):
        session.execute(text(statement))
    session.expire_all()


@pytest.mark.processes
def test_of_two_links_of_one_person_used_at_once_one_counts_and_neither_waits_for_the_other_for_ever(
    services: Services, own_tenant: TenantRef
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        made = anonymous(session)
        target, pairs = target_of(session, made), []
        for _ in range(12):
            person = somebody(session).id
            pairs.append([known.issue_link(session, made, person) for _ in range(2)])
    together = Barrier(2, timeout=60)

    def go(which: int) -> list[str]:
        found = []
        for pair in pairs:
            together.wait()
            try:
                with services.db.tenant_session(own_tenant) as session:
                    answers(session, target, pair[which])
            except links.LinkSpent:
                found.append("spent")
            else:
                found.append("counts")
        return found

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(go, range(2))
    assert [sorted(pair) for pair in zip(first, second, strict=True)] == [["counts", "spent"]] * len(pairs)


def test_links_are_mixed_once_for_what_was_spent_and_former_ones_lose_their_day_with_them(session: Session) -> None:
    made = anonymous(session)
    tokens = [known.issue_link(session, made, somebody(session).id) for _ in range(4)]
    day = now().replace(hour=0, minute=0, second=0, microsecond=0)
    session.execute(update(PersonalLink).where(PersonalLink.ref_id == made.id).values(spent_at=day))
    links_mixing.note(session, made.id)
    for _ in range(2):
        with time_machine.travel(now() + timedelta(days=1), tick=False):
            assert links_mixing.has_unmixed(session)
            links_mixing.mix(session)
            assert not links_mixing.has_unmixed(session)
        session.expire_all()
        assert used(session, made.id) == {links.UNTOLD}
        assert session.get(Mark, (links_mixing.UNMIXED, made.id)) is None
        assert known.find(session, made.id, known.Claim("p", tokens[0]), telling=False) is not None
        answers(session, target_of(session, made), known.issue_link(session, made, somebody(session).id))


def test_nobody_mixes_while_a_link_is_being_spent_and_what_was_spent_meanwhile_is_mixed_later(
    services: Services, own_tenant: TenantRef
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        made = anonymous(session)
        survey_id, target = made.id, target_of(session, made)
        tokens = [known.issue_link(session, made, somebody(session).id) for _ in range(2)]

    def mix() -> bool:
        with services.db.tenant_session(own_tenant) as session:
            links_mixing.mix(session)
        with services.db.tenant_session(own_tenant) as session:
            return session.get(Mark, (links_mixing.UNMIXED, survey_id)) is None

    with services.db.tenant_session(own_tenant) as session:
        answers(session, target, tokens[0])
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        with services.db.tenant_session(own_tenant) as session:
            answers(session, target, tokens[1])
            assert not Context().run(mix)
        assert Context().run(mix)


def test_links_that_went_to_a_mistyped_address_are_good_no_more_and_none_of_them_tells_that_it_was_used(
    session: Session,
) -> None:
    made = anonymous(session)
    person = somebody(session, "eve@example.org")
    contact.request(session, person.id, "survey", ref=made.id, key=new_id().hex)
    tokens = [known.issue_link(session, made, person.id) for _ in range(2)]
    claims = [known.Claim("p", token) for token in tokens]
    kept = known.issue_link(session, anonymous(session), person.id)
    answers(session, target_of(session, made), tokens[0])
    people.change(session, person, by=SYSTEM, name="Eva Brown", email="EVE@example.org")
    assert all(known.find(session, made.id, claim, telling=False) for claim in claims)
    people.change(session, person, by=SYSTEM, email="eva@example.org")
    assert [known.find(session, made.id, claim, telling=False) for claim in claims] == [None, None]
    assert links.find(session, kept, purpose=known.ANSWER) is not None
    fresh = known.Claim("p", known.issue_link(session, made, person.id))
    assert known.find(session, made.id, fresh) is not None


def test_who_changes_their_own_address_keeps_the_links_they_were_sent(session: Session) -> None:
    made = anonymous(session)
    person = somebody(session, "eva@example.org")
    contact.request(session, person.id, "survey", ref=made.id, key=new_id().hex)
    claim = known.Claim("p", known.issue_link(session, made, person.id))
    people.change(session, person, by=Actor("person", person.id), email="eva@new.example")
    assert known.find(session, made.id, claim) is not None


def test_the_migration_takes_the_days_from_links_has_them_mixed_and_leaves_the_times_of_known_answers(
    session: Session,
) -> None:
    made = anonymous(session)
    for _ in range(3):
        known.issue_link(session, made, somebody(session).id)
    day = datetime.fromisoformat("2026-11-22T00:00Z")
    session.execute(update(PersonalLink).where(PersonalLink.ref_id == made.id).values(spent_at=day))
    other = surveys.create_from_document(session, "And this?", everything(), zone="UTC")
    known.issue_link(session, other, somebody(session).id)
    at = datetime.fromisoformat("2026-11-22T08:15:02.5Z")
    session.execute(update(PersonalLink).where(PersonalLink.ref_id == other.id).values(spent_at=at))
    session.execute(text("SET LOCAL TimeZone = 'Asia/Tokyo'"))
    after_0033(session)
    assert used(session, made.id) == {links.UNTOLD}
    assert used(session, other.id) == {at}
    assert links_mixing.has_unmixed(session)
    assert session.get(Mark, (links_mixing.UNMIXED, other.id)) is None


def test_a_round_that_was_cancelled_without_a_mark_frees_the_budget_too_lately_or_long_before_the_migration(
    office: Office,
) -> None:
    with office.services.db.tenant_session(office.tenant) as session:
        survey, segment, _ = furnish(session, 2)
        made = [invitations.start(session, survey, segment, by=SYSTEM, key=key).id for key in ("one", "two")]
        jobs = [job_of(session, session.get_one(SurveyRound, each)) for each in made]
    for job in jobs:
        run(office.services, office.tenant, job)
    for each, days in ((made[0], 0), (made[1], 3)):
        with office.services.db.tenant_session(office.tenant) as session:
            outbox_batches.cancel(session, each)
            assert contact_batches.has_unreleased(session) is True
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            if days:
                with office.services.db.tenant_session(office.tenant) as session:
                    assert not contact_batches.has_unreleased(session)
                    after_0033(session)
            office.settle()
        with office.services.db.tenant_session(office.tenant) as session:
            states = select(Contact.state).where(Contact.batch_id == each)
            assert session.scalars(states).all() == ["cancelled"] * 2
            assert not contact_batches.has_unreleased(session)
