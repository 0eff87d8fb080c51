"""Surveys and the customer pages: what is open to somebody, and whose an answer is."""

import logging

import pytest
from sqlalchemy import select, text

from customers.models import PersonalLink
from infra.events.models import Event
from surveys import known, publishing, surveys
from surveys.models import Response
from tests.customers.contact_story import STAFF
from tests.surveys.making import everything
from tests.web.portal.story import comes_in
from tests.web.story import text_of


@pytest.fixture
def survey(session):
    made = surveys.create_from_document(session, "How was it?", everything(), zone="Europe/Berlin")
    publishing.publish(session, made)
    return made


def answers(town):
    town.session.expire_all()
    return list(town.session.scalars(select(Response).order_by(Response.id)))


def send(page, form, **more):
    """Sends the whole form of a survey."""
    return page.submit(form, "/s/", q_score="9", _go="send", **more)


def test_an_invitation_is_offered_and_the_answer_is_theirs_and_spends_their_link(browser, town, survey):
    eva, zoe = town.customer(), town.customer("zoe@example.org", "Zoe Green")
    known.issue_link(town.session, survey, eva.id)
    page = comes_in(browser(), town, eva)
    assert "How was it?" in text_of(page.get("portal.index"))
    assert "How was it?" not in text_of(comes_in(browser(), town, zoe).get("portal.index"))
    form = page.get(f"/s/{survey.address}?w=portal")
    assert "stored together with what" in text_of(form)
    stolen = browser()
    send(stolen, form)
    assert [answer.person_id for answer in answers(town)] == [None]
    send(page, page.get(f"/s/{survey.address}?w=portal"))
    assert answers(town)[-1].person_id == eva.id
    assert town.session.scalars(select(PersonalLink)).one().spent_at is not None
    assert "How was it?" not in text_of(page.get("portal.index"))
    assert "9" in text_of(page.get("portal.data"))


def test_whoever_signed_out_meanwhile_answers_without_a_name(browser, town, survey):
    page = comes_in(browser(), town, town.customer())
    form = page.get(f"/s/{survey.address}?w=portal")
    page.submit(page.get("portal.places"), "/sign-out")
    assert "without=name" in send(page, form).location
    assert answers(town)[0].person_id is None


def test_an_anonymous_survey_never_takes_the_session(browser, town, survey, caplog):
    eva = town.customer()
    page = comes_in(browser(), town, eva)
    before = page.get(f"/s/{survey.address}?w=portal")
    known.set_identity(town.session, survey, "anonymous", by=STAFF)
    known.issue_link(town.session, survey, eva.id)
    town.session.flush()
    assert "How was it?" not in text_of(page.get("portal.index"))
    with caplog.at_level(logging.DEBUG):
        send(page, before)
        form = page.get(f"/s/{survey.address}?w=portal")
        send(page, form)
    token = page.client.get_cookie("rapport-portal", domain=page.host.partition(":")[0]).value
    rows = town.session.execute(text("SELECT row_to_json(r)::text FROM responses r")).scalars().all()
    facts = town.session.scalars(select(Event).where(Event.kind.like("surveys.%"))).all()
    written = "\n".join([*rows, *(str(fact.data) for fact in facts), *(r.getMessage() for r in caplog.records)])
    living = town.session.execute(text("SELECT id::text FROM portal_sessions")).scalars().all()
    assert len(rows) == 2
    assert all(answer.person_id is None and answer.id.version == 4 for answer in answers(town))
    for secret in (str(eva.id), eva.id.hex, token, "eva@example.org", *living):
        assert secret not in written
