"""Home: how customers feel, what needs me, what changed, and the first steps; honest when there is nothing."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra import clock
from infra.ids import new_id
from surveys import history, low, publishing, pulse, surveys
from surveys.intake import Submission, Target, submit
from surveys.models import Response
from tenants import api_keys, audit, branding, marks
from tenants.models import ApiKey, AuditEntry, Domain, Mark
from tenants.permissions import SYSTEM, Actor, of_role
from tenants.webhooks.models import WebhookEndpoint
from tests.web.console_surveys.test_queries import statements
from tests.web.story import text_of
from web.console.home.needs import NEEDS
from web.surfaces import policy


@pytest.fixture
def live(session):
    survey = surveys.create_from_template(session, "nps", zone="UTC", name="Would you recommend us")
    publishing.publish(session, survey)
    return publishing.find_live(session, survey.address)


def answer(session, live, point: int, words: str = "", days_ago: float = 0) -> UUID:
    first, second, *_ = live.definition.questions
    answers = {first.id: point, **({second.id: words} if words else {})}
    key = new_id()
    at = clock.now() - timedelta(days=days_ago)
    told = Submission(key=key, revision=1, language="en", answers=answers, at=at)
    if days_ago:
        history.record_many(session, Target.of(live), [told])
    else:
        submit(session, Target.of(live), Submission(key=key, revision=1, language="en", answers=answers))
    return session.query(Response.id).filter(Response.submission_key == key).scalar()


def home(person) -> str:
    return text_of(person.get("console.home.index"))


# --- the first steps


def test_a_new_workspace_is_led_from_brand_to_first_answer(as_staff, acme, session):
    owner = as_staff("owner").at(acme)
    assert "0 of 4 done" in home(owner)
    branding.set_look(session, accent="#aa2200", font="system", corners=8, by=SYSTEM)
    survey = surveys.create_from_template(session, "nps", zone="UTC", name="First")
    assert "2 of 4 done" in home(owner)
    publishing.publish(session, survey)
    assert "3 of 4 done" in home(owner)
    answer(session, publishing.find_live(session, survey.address), 9)
    said = home(owner)
    assert "of 4 done" not in said
    assert "NPS 100" in said


def test_the_steps_are_put_away_by_each_for_themselves_and_come_back(as_staff, acme, session):
    owner, editor = as_staff("owner").at(acme), as_staff("editor").at(acme)
    page = owner.get("console.home.index")
    for _ in range(2):
        owner.submit(page, "/first-steps/putting-away")
    assert "of 4 done" not in home(owner)
    assert "of 4 done" in home(editor)
    owner.submit(owner.get("console.home.guide"), "/first-steps")
    assert "of 4 done" in home(owner)


def test_who_may_not_take_a_step_sees_it_without_a_button(as_staff, acme):
    viewer = as_staff("viewer").at(acme)
    page = viewer.get("console.home.index")
    assert "Show your logo and colour" in text_of(page)
    assert "/settings/brand" not in page.text


# --- how customers feel


def test_the_survey_that_most_have_answered_stands_first(as_staff, acme, session, live):
    other = surveys.create_from_template(session, "csat", zone="UTC", name="Were you satisfied")
    publishing.publish(session, other)
    for point in (9, 10, 9, 3):
        answer(session, live, point, "Words")
    answer(session, publishing.find_live(session, other.address), 5)
    said = home(as_staff("owner").at(acme))
    assert "NPS 50" in said
    assert "n = 4" in said
    assert said.index("Would you recommend us") < said.index("Were you satisfied")


def test_a_score_is_compared_with_the_90_days_before(as_staff, acme, session, live):
    for number in range(60):
        answer(session, live, 9 if number % 3 else 5, days_ago=30)
        answer(session, live, 3 if number % 3 else 9, days_ago=120)
    said = home(as_staff("owner").at(acme))
    assert "up from −33: yes" in said


def test_who_may_not_read_single_answers_sees_no_words(as_staff, acme, session, live):
    answer(session, live, 2, "Cold coffee, cold welcome")
    assert "Cold coffee" in home(as_staff("analyst").at(acme))
    said = home(as_staff("viewer").at(acme))
    assert "Cold coffee" not in said
    assert "low answer" not in said
    assert "NPS −100" in said


def test_answers_without_a_score_are_said_to_have_none(as_staff, acme, session):
    survey = surveys.create(session, "Only words", zone="UTC")
    answered = surveys.create_from_template(session, "nps", zone="UTC", name="Old")
    publishing.publish(session, answered)
    answer(session, publishing.find_live(session, answered.address), 9, days_ago=200)
    said = home(as_staff("owner").at(acme))
    assert "No score in these 90 days" in said
    assert survey.name in said


def test_figures_are_exact_before_and_after_the_rollups_caught_up(session, live):
    for days_ago in (0, 1, 3, 8, 10, 10, 40, 100, 200):
        answer(session, live, 9, days_ago=days_ago)
    expected = pulse.Arrivals(now=7, before=1, week=2, week_before=3)
    assert pulse.read_arrivals(session)[live.survey_id] == expected
    survey = surveys.get_survey(session, live.survey_id)
    headline = pulse.read_headlines(session, [survey])[survey.id]
    assert headline.counts == {"now": {"9": 7}, "before": {"9": 1}, "week": {"9": 2}, "week_before": {"9": 3}}


# --- what needs me


def test_a_low_answer_waits_until_somebody_has_looked(as_staff, acme, session, live):
    unhappy = answer(session, live, 2, "Never again")
    answer(session, live, 9, "Lovely")
    answer(session, live, 1)
    session.execute(update(Response).where(Response.id == unhappy).values(finished_at=clock.now()))
    owner, analyst = as_staff("owner").at(acme), as_staff("analyst").at(acme)
    assert "One low answer with words" in home(owner)
    listed = owner.get("console.home.low_answers")
    assert "Never again" in text_of(listed)
    assert "Lovely" not in text_of(listed)
    analyst.get("console.surveys.response", live.survey_id, unhappy)
    assert "low answer" not in home(owner).replace("no low answer is unread", "")
    noted = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "survey.answers_listed")
    assert session.scalar(noted) == 1  # whose words were read, and by whom, stands in the audit log
    assert "Every low answer was looked at" in text_of(owner.get("console.home.low_answers"))
    assert session.get_one(Mark, (marks.ANSWER_SEEN, unhappy)).by == analyst.member_id


def test_all_that_are_shown_are_marked_and_nothing_else(as_staff, acme, session, live):
    first, second = answer(session, live, 1, "One"), answer(session, live, 1, "Two")
    happy = answer(session, live, 10, "Three")
    owner = as_staff("owner").at(acme)
    owner.post("console.home.look_at_all", data={"ids": [str(first), str(happy), "no id", str(new_id())]})
    assert [row[0].id for row in low.list_waiting(session, 10)] == [second]
    assert session.query(Mark).filter(Mark.name == marks.ANSWER_SEEN).count() == 1
    as_staff("viewer").at(acme).post("console.home.look_at_all", data={"ids": [str(second)]}, expect=403)


def test_low_answers_are_counted_up_to_a_hundred(as_staff, acme, session, live):
    for _ in range(3):
        answer(session, live, 1, "Bad")
    assert session.scalar(low.count_waiting()) == 3
    old = answer(session, live, 1, "Long ago", days_ago=8)
    assert old not in [row[0].id for row in low.list_waiting(session, 10)]


def test_each_need_is_told_with_its_page_and_only_to_who_may(as_staff, acme, session):
    owner = as_staff("owner").at(acme)
    assert "Nothing waits for you" in home(owner)
    session.add(Domain(host="feedback.acme.example", token="t"))
    session.add(
        WebhookEndpoint(
            url="https://a.example", description="", kinds=["*"], state="paused", state_reason="failing"
        )
    )
    soon = clock.now() + timedelta(days=3)
    session.add(
        ApiKey(name="Shop", hint="ab", token_hash=b"x", scopes=[], expires_at=soon, last_used_at=clock.now())
    )
    draft = surveys.create_from_template(session, "nps", zone="UTC", by=owner.member_id)
    live = surveys.create_from_template(session, "csat", zone="UTC", by=owner.member_id)
    publishing.publish(session, live)
    surveys.save_draft(session, live, surveys.draft_of(draft), revision=live.draft_revision)
    session.flush()
    said = home(owner)
    for words in (
        "One domain waits",
        "One webhook kept failing",
        "One API key",
        "never published",
        "do not see yet",
    ):
        assert words in said
    viewer = home(as_staff("viewer").at(acme))
    for words in ("domain", "webhook", "API key", "never published"):
        assert words not in viewer


def test_every_need_leads_to_a_page_that_its_reader_may_open():
    for need in NEEDS:
        assert policy()[need.endpoint].permission in (need.permission, *PARTS.get(need.endpoint, ()))


PARTS = {"console.settings.people_list": ["staff.read"], "console.surveys.index": ["surveys.read"]}
"""Pages that many may open, on which those with more rights find more."""


# --- what changed


def test_the_week_is_compared_with_the_one_before(as_staff, acme, session, live):
    for number in range(60):
        answer(session, live, 9, days_ago=3)
        if number < 20:
            answer(session, live, 2, days_ago=10)
    said = home(as_staff("owner").at(acme))
    assert "60 answers in the last seven full days, ▲ up from 20 in the seven before: yes" in said
    assert "NPS 100" in said
    assert "up from −100 the week before: yes" in said


def test_what_colleagues_did_is_told_with_names(as_staff, acme, session, live):
    owner = as_staff("owner").at(acme)
    who = Actor("staff", owner.member_id, of_role("owner"))
    for _ in range(3):
        audit.record(session, "survey.published", by=who, subject=live.survey_id)
    audit.record(session, "survey.deleted", by=SYSTEM, subject=new_id())
    key, _ = api_keys.create(session, name="Web shop", scopes=["results.read"], by=who)
    session.flush()
    said = home(owner)
    assert said.count("Owner published the survey “Would you recommend us”.") == 1
    assert "Rapport deleted a survey" in said
    assert f"Owner made the API key “{key.name}”." in said
    assert "API key" not in home(as_staff("viewer").at(acme))


def test_a_quiet_workspace_is_said_to_be_quiet(as_staff, acme, session, live):
    answer(session, live, 9, days_ago=60)
    said = home(as_staff("viewer").at(acme))
    assert "No answer in the two weeks before today" in said


# --- what it costs


def test_home_asks_the_same_few_questions_however_much_there_is(as_staff, acme, session, live):
    owner = as_staff("owner").at(acme)
    answer(session, live, 9, "Words")
    audit.record(session, "survey.published", by=SYSTEM, subject=live.survey_id)
    session.flush()
    counts = []
    for number in (0, 8):
        for each in range(number):
            survey = surveys.create_from_template(session, "nps", zone="UTC", name=f"Survey {each}")
            publishing.publish(session, survey)
            answer(session, publishing.find_live(session, survey.address), 3, "Bad")
        owner.get("console.home.index")
        with statements() as seen:
            owner.get("console.home.index")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15, "\n".join(seen)


def test_the_help_page_asks_nothing_beyond_who_looks(as_staff, acme):
    viewer = as_staff("viewer").at(acme)
    viewer.get("console.home.guide")
    with statements() as seen:
        page = viewer.get("console.home.guide")
    assert len(seen) <= 3, "\n".join(seen)
    assert "Shortcuts" in text_of(page)
