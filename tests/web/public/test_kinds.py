"""The further types of questions as people meet them without a script."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from surveys import publishing, surveys
from surveys.models import Response
from tests.surveys.kinds import GIVEN, STORED, flat, further
from tests.web.public.respondent import Respondent
from web.application import Application

NOW = "2026-11-23"


@pytest.fixture
def address(session: Session) -> str:
    source = further()
    for asked in source["blocks"][0]["questions"]:
        asked.pop("earliest", None), asked.pop("latest", None)
    made = surveys.create_from_document(session, "All kinds", source, zone="Europe/Berlin")
    publishing.publish(session, made)
    return made.address


@pytest.fixture
def person(app: Application, acme: TenantRef) -> Respondent:
    return Respondent(app, acme)


def test_every_type_is_answered_without_a_script_and_nothing_typed_is_lost(
    person: Respondent, address: str, session: Session
) -> None:
    given = flat(GIVEN)
    wrong = {**given, "q_count": "a lot", "q_split.rent": "61"}
    person.open(address, language="de").send(go="next", expect=422, change=wrong)
    assert "12,5" in person.problem_at("count")
    assert person.fields()["q_count"] == "a lot"
    person.send(go="next", expect=200, change={"q_count": given["q_count"]})
    person.send(go="next", expect=200)
    person.send(go="next", expect=200)
    kept = person.fields()
    assert (kept["q_many.web"], kept["q_order.blue"], kept["q_where.city"]) == (["seen", "used"], "1", "Berlin")
    person.send(go="next", expect=422)
    assert "101" in person.problem_at("split")
    person.send(go="next", change={"q_split.rent": "60"})

    session.expire_all()
    response = session.scalars(select(Response).where(Response.state == "finished")).one()
    stored = {key.removeprefix("q_"): value for key, value in {**response.answers, **response.texts}.items()}
    assert stored == STORED


def test_each_input_has_a_name_that_is_read_aloud(person: Respondent, address: str) -> None:
    soup = person.open(address).soup
    for field in soup.select("form input[name], form select"):
        if field.get("type") in ("hidden", "radio", "checkbox"):  # those stand inside their labels
            continue
        assert soup.select_one(f"label[for='{field['id']}']"), field
    for row in soup.select(".line"):
        assert soup.find(id=row["aria-labelledby"])


def test_the_page_of_other_surveys_does_not_grow(person: Respondent, address: str, survey: object) -> None:
    soup = person.open(address).soup
    assert len(soup.select("script[src], link[rel=stylesheet]")) == 5
