"""Whose answers are whose in the demo, who was invited, and who came twice: all of it agrees with itself."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import duplicates, timeline, views
from customers.models import Bounce, Contact, Duplicate, Interaction, Person, PersonalLink, Suppression
from customers.segments import counting, verbs
from infra.mail.models import Outbox
from surveys import invitation_counts, invitations
from surveys.models import Response, Survey
from surveys.timeline import responses
from tests.web.demo.conftest import Demo
from web.demo import agreed, customers, groups, invited, known, people, writer
from web.demo.people import EDITOR_ID
from web.demo.story import Story


def progress(session: Session) -> dict[str, invitation_counts.Progress]:
    """How the rounds stand, by the survey's address."""
    found = {}
    for survey in session.scalars(select(Survey)):
        rounds = invitations.list_rounds(session, survey.id).items
        for each in invitation_counts.progress(session, rounds):
            found[survey.address] = each
    return found


def test_every_score_on_a_person_is_that_of_their_last_answers(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        expected: dict[object, dict[str, object]] = {}
        answers = select(Response).where(Response.person_id.is_not(None)).order_by(Response.finished_at)
        for answer in session.scalars(answers):
            given = {name: getattr(answer, name) for name in ("nps", "csat", "ces")}
            told = {name: value for name, value in given.items() if value is not None}
            expected.setdefault(answer.person_id, {}).update(told, scored_at=answer.finished_at)
        for person in session.scalars(select(Person)):
            known_of = {name: getattr(person, name) for name in ("nps", "csat", "ces", "scored_at")}
            assert {k: v for k, v in known_of.items() if v is not None} == expected.get(person.id, {})
        assert len(expected) > 0.3 * customers.PEOPLE


def test_nobody_answers_before_they_came_in_another_language_or_a_survey_that_knows_nobody(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        theirs = select(Response.state, Survey.address, Survey.identity).join(
            Survey, Survey.id == Response.survey_id
        )
        theirs = theirs.join(Person, Person.id == Response.person_id)
        strange = theirs.where((Response.language != Person.language) | (Response.started_at < Person.created_at))
        assert session.execute(strange).all() == []
        rows = set(session.execute(theirs.distinct()).all())
        assert {tuple(row) for row in rows} == {("finished", address, "identified") for address in known.RATES}


def test_the_score_of_a_customer_stands_as_an_answer_on_their_timeline(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        person = session.scalars(select(Person).where(Person.nps == 2).order_by(Person.id).limit(1)).one()
        selected = responses(timeline.of_person(session, person), timeline.Narrowed())
        told = [row for each in selected for row in session.execute(each)]
    assert ("Would you recommend us?", 2) in {(row.data["name"], row.data["nps"]) for row in told}


def test_each_segment_finds_some_and_both_views_are_shared(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        found = {each.name: each for each in verbs.list_segments(session)}
        assert found.keys() == groups.SEGMENTS.keys()
        for name, segment in found.items():
            assert segment.counted == counting.count_people(session, segment)
            assert 5 <= (segment.counted or 0) <= 900, name
        assert {view.name for view in views.list_views(session, by=groups.BY)} == groups.VIEWS.keys()


def test_one_round_is_over_and_one_is_paused_and_their_counts_are_those_of_the_mails(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        found = progress(session)
        assert {address: each.state for address, each in found.items()} == {
            "recommend": "done",
            "ordering": "paused",
        }
        for each in found.values():
            states = each.standing.states
            assert states["sent"] > 100
            assert states["refused"] == each.standing.reasons.total()
            assert set(each.standing.reasons) <= {"no_address", "withdrawn"}
            assert each.standing.asked == session.scalar(
                select(func.count()).where(Contact.batch_id == each.round.id)
            )
            assert each.answered == session.scalar(
                select(func.count(func.distinct(Response.person_id)))
                .join(Contact, Contact.person_id == Response.person_id)
                .where(Contact.batch_id == each.round.id, Contact.state == "requested")
                .where(Response.survey_id == each.round.survey_id, Response.started_at > each.round.created_at)
            )
            assert each.answered is not None
            assert 0 < each.answered < states["sent"]
        assert found["recommend"].standing.states["returned"] > 0
        assert found["ordering"].standing.waiting > 50


def test_nothing_of_the_demo_is_ever_sent_by_itself(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        states = Counter(session.scalars(select(Outbox.state)))
    assert set(states) == {"accepted", "held"}


def test_what_came_back_stops_the_address_it_went_to(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        hard = session.scalar(select(func.count()).where(Bounce.kind == "hard")) or 0
        proved = (
            select(func.count())
            .select_from(Bounce)
            .join(Outbox, Outbox.id == Bounce.outbox_id)
            .join(Contact, Contact.id == Outbox.ref_id)
            .join(Suppression, Suppression.email_index == Contact.email_index)
            .where(Contact.person_id == Bounce.person_id, Bounce.suppressed, Outbox.state == "accepted")
        )
        assert session.scalar(proved) == hard > 0
        assert session.scalar(select(func.count()).select_from(Suppression)) == hard


def test_links_of_a_round_were_spent_by_those_who_answered(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        links = session.scalars(select(PersonalLink)).all()
        for link in links:
            answers = select(Response.finished_at).where(
                Response.person_id == link.person_id,
                Response.survey_id == link.ref_id,
                Response.finished_at > link.created_at,
            )
            assert (link.spent_at is None) or link.spent_at in set(session.scalars(answers))
    assert sum(link.spent_at is not None for link in links) > 20


def test_whoever_agreed_did_so_after_they_came_and_is_counted(demo: Demo) -> None:
    story = Story(datetime(2026, 11, 20, 9, tzinfo=UTC))
    for row in customers.everybody(story, 600):
        for _, _, at in agreed.acts(story, row):
            assert row["created_at"] <= at <= story.end
    assert agreed.stands([("news", "given", story.end)], "news", story.end - timedelta(days=1)) == ""


def test_the_likely_pairs_are_those_who_came_twice(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        pairs = duplicates.list_pairs(session, limit=100).items
        assert len(pairs) == duplicates.count_pairs(session) == customers.PEOPLE // customers.TWICE
        assert all(set(likely.why) - {"n", "s"} for _, likely in pairs)
        assert {code for _, likely in pairs for code in likely.why} >= {"e", "email", "p", "phone"}


def test_names_are_shared_by_a_few_only() -> None:
    crowd = customers.everybody(Story(datetime(2026, 11, 20, 9, tzinfo=UTC)), customers.PEOPLE)
    names = Counter(" ".join(sorted(row["name"].split())) for row in crowd)
    assert sum(count - 1 for count in names.values()) < 60


def test_writing_it_all_down_again_changes_nothing(demo: Demo) -> None:
    tables = (Response, Contact, Outbox, PersonalLink, Bounce, Suppression, Duplicate, Interaction)

    def seen(session: Session) -> list[object]:
        counts: list[object] = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        scores = select(Person.id, Person.nps, Person.scored_at, Person.last_contact_at).order_by(Person.id)
        return [*counts, session.execute(scores).all()]

    with demo.services.db.tenant_session(demo.tenant) as session:
        before, story = seen(session), Story(people.hired_at(session))
        crowd = customers.everybody(story, customers.PEOPLE)
        agreed.fill(session, story, crowd, writer.NAME)
        known.note_scores(session)
        groups.fill(session)
        invited.fill(session, invited.planned(story, crowd))
        assert seen(session) == before
        assert session.scalar(select(Survey.created_by).where(Survey.address == "recommend")) == EDITOR_ID
