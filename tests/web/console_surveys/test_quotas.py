"""What staff read of quotas, of who was screened out, and of what stands beside an answer."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra.db import TenantRef
from surveys import intake
from tests.surveys.making import submission
from tests.surveys.test_quotas import BROUGHT, GROWN, launched, with_hidden
from tests.web.story import Person, text_of


@pytest.fixture
def owner(as_staff: Any, acme: TenantRef) -> Person:
    person: Person = as_staff("owner").at(acme)
    return person


def test_results_say_how_quotas_stand_and_how_many_were_screened_out(owner: Person, session: Session) -> None:
    survey, target = launched(session, GROWN)
    for _ in range(3):
        intake.submit(session, target, submission({"age0": "grown"}))

    said = text_of(owner.get("console.surveys.results", survey))

    assert "2 finished answers" in said
    assert "One more person was screened out and is not counted." in said
    assert "grown 2 2 full" in said


def test_an_answer_shows_its_end_what_its_link_said_and_what_was_calculated(
    owner: Person, session: Session
) -> None:
    survey, target = launched(session, **BROUGHT)
    given = with_hidden(submission({"age0": "young"}), plan="gold", spent="7.5")
    outcome = intake.submit(session, target, given)

    said = text_of(owner.get("console.surveys.response", survey, outcome.response_id))

    assert "no: screened out, or a quota was full" in said
    for words in ("Too young", "plan gold", "spent 7.5", "points 8.5", "fixed 2.5"):
        assert words in said
