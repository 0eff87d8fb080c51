"""Who answers: by a personal link, by a signed external id, or nobody knows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import time, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from customers import links, links_mixing
from customers.models import PersonalLink
from infra.clock import now
from infra.db import TenantRef
from infra.errors import Unavailable
from infra.events import Reactions, RecordedEvent, dispatch
from infra.events.models import Event
from infra.ids import new_id, token_hash
from infra.services import Services
from surveys import intake, known, publishing, surveys
from surveys.intake import Submission, Target
from surveys.models import Response, Survey
from tests.customers.contact_story import STAFF, somebody
from tests.surveys.making import everything
from tests.web.public.respondent import Respondent

Stored = Callable[[], list[Response]]


@pytest.fixture
def token(session: Session, survey: Survey) -> str:
    return known.issue_link(session, survey, somebody(session).id)


def link_of(session: Session) -> PersonalLink:
    session.expire_all()
    return session.scalars(select(PersonalLink)).one()


def test_an_answer_by_a_personal_link_carries_its_person_and_spends_the_link(
    session: Session, respondent: Respondent, survey: Survey, stored: Stored, token: str
) -> None:
    respondent.open(survey.address, query_string={"p": token})
    assert "stored together with what" in respondent.text
    assert respondent.page is not None
    assert respondent.page.headers["Cache-Control"] == "no-store"
    assert link_of(session).spent_at is None
    form = respondent.page
    respondent.send(score="9")
    answer, link = stored()[0], link_of(session)
    assert (answer.person_id, answer.state) == (link.person_id, "finished")
    assert link.spent_at is not None
    assert "good for one time" in respondent.open(survey.address, query_string={"p": token}, expect=410).text
    respondent.page = form
    respondent.send(score="9")
    assert len(stored()) == 1


def test_two_forms_of_one_link_are_one_answer(
    session: Session, respondent: Respondent, survey: Survey, stored: Stored, token: str
) -> None:
    first = respondent.open(survey.address, query_string={"p": token}).page
    second = respondent.open(survey.address, query_string={"p": token}).page
    respondent.page = first
    respondent.send(score="9")
    respondent.page = second
    respondent.send(score="1", expect=410)
    assert [answer.nps for answer in stored()] == [9]


def test_a_signed_external_id_names_the_customer_and_a_wrong_one_names_nobody(
    session: Session, respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    person = somebody(session, external_id="Kunde 4711/ä")
    signed = known.signature(session, "Kunde 4711/ä")
    asked = {"c": "Kunde 4711/ä", "sig": signed}
    respondent.open(survey.address, query_string=asked).send(score="9")
    assert stored()[0].person_id == person.id
    respondent.open(
        survey.address, query_string={**asked, "sig": signed[:-1] + ("0" if signed[-1] != "0" else "1")}
    )
    assert "could not be checked" in respondent.text
    respondent.send(score="8")
    assert stored()[1].person_id is None
    assert respondent.page is not None
    assert "without=name" in respondent.page.headers["Location"]
    thanks = respondent.client.get(respondent.page.headers["Location"], base_url=respondent.host)
    assert "stored without your name" in thanks.text
    known.renew_signing_key(session, by=STAFF)
    respondent.open(survey.address, query_string=asked)
    assert "could not be checked" in respondent.text


def test_an_anonymous_survey_says_so_and_stores_no_trace_of_who_answered(
    session: Session, respondent: Respondent, survey: Survey, stored: Stored, token: str
) -> None:
    known.set_identity(session, survey, "anonymous", by=STAFF)
    respondent.open(survey.address, query_string={"p": token})
    assert "Your answers are anonymous" in respondent.text
    respondent.send(score="9")
    answer, link = stored()[0], link_of(session)
    assert answer.person_id is None
    assert answer.id.version == 4
    assert link.spent_at == links.UNTOLD
    for moment in (answer.started_at, answer.updated_at, answer.finished_at):
        assert moment is not None
        assert (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
    fact = session.scalars(select(Event).where(Event.subject_id == answer.id)).one()
    assert fact.id.version == 4
    assert fact.occurred_at == answer.finished_at
    row = session.execute(text("SELECT row_to_json(r)::text FROM responses r")).scalar_one()
    for secret in (token, str(link.id), str(link.person_id)):
        assert secret not in row
    assert str(link.person_id) not in str(fact.data)
    assert "Your answers are anonymous" in respondent.open(survey.address, query_string={"p": token}).text
    respondent.send(score="10", expect=410)
    assert [each.nps for each in stored()] == [9]


def test_where_an_anonymous_answer_could_not_be_stored_the_form_goes_on_without_the_link(
    session: Session,
    respondent: Respondent,
    survey: Survey,
    stored: Stored,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known.set_identity(session, survey, "anonymous", by=STAFF)
    respondent.open(survey.address, query_string={"p": token})
    with monkeypatch.context() as patched:
        patched.setattr(intake, "accept", _away)
        respondent.send(score="9", expect=503)
    assert link_of(session).spent_at is not None
    respondent.send(score="9")
    assert [answer.nps for answer in stored()] == [9]


def test_a_wrong_answer_spends_nothing(
    session: Session, respondent: Respondent, survey: Survey, stored: Stored, token: str
) -> None:
    for identity in ("identified", "anonymous"):
        known.set_identity(session, survey, identity, by=STAFF)
        respondent.open(survey.address, query_string={"p": token}).send(score="99", expect=422)
        assert link_of(session).spent_at is None
    respondent.send(score="9")
    assert link_of(session).spent_at is not None


def test_a_link_to_another_survey_or_for_another_purpose_is_none(
    session: Session, respondent: Respondent, survey: Survey
) -> None:
    person = somebody(session)
    wrong = [
        links.issue(session, person.id, purpose=known.ANSWER, ref=new_id(), lasts=timedelta(days=1)).token,
        links.issue(session, person.id, purpose="consent.confirm", ref=survey.id, lasts=timedelta(days=1)).token,
        "x" * 22,
    ]
    for token in wrong:
        respondent.open(survey.address, query_string={"p": token})
        assert "could not be checked" in respondent.text


def test_a_link_is_worth_nothing_at_another_workspace(
    joined: Services, session: Session, globex: TenantRef, token: str
) -> None:
    def look() -> PersonalLink | None:
        with joined.db.tenant_session(globex) as elsewhere:
            return links.find(elsewhere, token, purpose=known.ANSWER)

    assert links.find(session, token, purpose=known.ANSWER) is not None
    assert Context().run(look) is None


@pytest.mark.processes
def test_of_two_answers_at_once_by_one_link_one_counts(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        made = surveys.create_from_document(session, "How was it?", everything(), zone="UTC")
        publishing.publish(session, made)
        token = known.issue_link(session, made, somebody(session).id)
        target = Target.of(_live(session, made))
    together = Barrier(4)

    def go(_: int) -> str:
        submission = Submission(key=uuid4(), revision=1, language="en", answers={"q_score": "9"})
        together.wait()
        try:
            with services.db.tenant_session(own_tenant) as session:
                known.submit(session, target, submission, known.Claim("p", token))
        except links.LinkSpent:
            return "spent"
        return "stored"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(go, range(4))) == ["spent", "spent", "spent", "stored"]
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_the_scores_of_known_people_stand_beside_them_the_latest_first(session: Session, survey: Survey) -> None:
    person = somebody(session)
    moments = [now(), now() - timedelta(days=3)]
    for moment, score in zip(moments, (9, 2), strict=True):
        row = Response(
            survey_id=survey.id,
            version_id=survey.live_version_id or new_id(),
            submission_key=new_id(),
            revision=1,
            fingerprint="x",
            state="finished",
            source="link",
            language="en",
            answers={},
            texts={},
            nps=score,
            person_id=person.id,
            finished_at=moment,
        )
        session.add(row)
        session.flush()
        known.note_scores(session, [_event(row.id)])
    session.refresh(person)
    assert (person.nps, person.csat, person.scored_at) == (9, None, moments[0])


def _event(subject: UUID) -> RecordedEvent:
    return RecordedEvent(new_id(), "surveys.response_finished", subject, {}, now())


def _live(session: Session, made: Survey) -> publishing.Live:
    found = publishing.find_live(session, made.address)
    assert found is not None
    return found


def _away(*_: object) -> None:
    raise Unavailable


def test_neither_the_order_of_rows_nor_a_time_ties_an_anonymous_answer_to_its_link(
    services: Services, own_tenant: TenantRef
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        made = surveys.create_from_document(session, "How was it?", everything(), zone="UTC")
        publishing.publish(session, made)
        known.set_identity(session, made, "anonymous", by=STAFF)
        tokens = [known.issue_link(session, made, somebody(session).id) for _ in range(12)]
        target = Target.of(_live(session, made))
    by_address = select(PersonalLink.token_hash).where(PersonalLink.spent_at.is_not(None))
    came = [token_hash(token) for token in tokens[::-1]]
    for token in tokens[::-1]:
        form = Submission(key=uuid4(), revision=1, language="en", answers={"q_score": "9"})
        submission = known.without_trace(form, "UTC")
        with services.db.tenant_session(own_tenant) as session:
            known.spend_unseen(session, target, submission, known.Claim("p", token))
        intake.accept(services.db, own_tenant, target, submission)
    dispatch.drain(services.db, own_tenant, Reactions({}))
    with services.db.tenant_session(own_tenant) as session:
        assert not links_mixing.has_unmixed(session)
        assert session.scalars(by_address).all() == came
        events = session.scalars(select(Event).where(Event.kind == "surveys.response_finished")).all()
        assert {(each.dispatched_at or now()).time() for each in events} == {time()}
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        with services.db.tenant_session(own_tenant) as session:
            assert links_mixing.has_unmixed(session)
            links_mixing.mix(session)
        with services.db.tenant_session(own_tenant) as session:
            assert not links_mixing.has_unmixed(session)
            mixed = session.scalars(by_address).all()
            assert sorted(mixed) == sorted(came)
            assert mixed != came
            writers = select(func.count(text("DISTINCT xmin::text"))).select_from(PersonalLink)
            assert session.scalar(writers) == 1
            with pytest.raises(links.LinkSpent):
                known.find(session, made.id, known.Claim("p", tokens[0]))
