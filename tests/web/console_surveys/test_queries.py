"""What the pages ask of the database does not grow with what they list."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from surveys import publishing, surveys
from surveys.intake import Submission, Target, submit


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every question about the tenant's tables meanwhile; scopes, savepoints and the routing are not counted."""
    seen: list[str] = []

    def note(connection, cursor, statement, parameters, context, many):
        if (
            statement.startswith(("SELECT", "WITH"))
            and "set_config" not in statement
            and "control." not in statement
        ):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def live_survey(session, number):
    survey = surveys.create_from_template(session, "nps", zone="Europe/Vienna", name=f"Survey {number}")
    publishing.publish(session, survey)
    live = publishing.find_live(session, survey.address)
    first, second, *_ = live.definition.questions
    for point in range(8):
        answers = {first.id: point, second.id: f"Words {point}"}
        submit(session, Target.of(live), Submission(key=uuid4(), revision=1, language="en", answers=answers))
    return survey


@pytest.mark.parametrize(("endpoint", "most"), [("index", 6), ("gallery", 4)])
def test_a_longer_list_asks_no_more(as_staff, acme, session, endpoint, most):
    owner = as_staff("owner").at(acme)
    counts = []
    for number in (1, 6):
        for each in range(number):
            live_survey(session, each)
        owner.get(f"console.surveys.{endpoint}")
        with statements() as seen:
            owner.get(f"console.surveys.{endpoint}")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= most


def test_results_and_answers_ask_a_fixed_number_of_questions(as_staff, acme, session):
    owner = as_staff("owner").at(acme)
    survey = live_survey(session, 1)
    for endpoint, most in (("results", 10), ("responses", 8)):
        owner.get(f"console.surveys.{endpoint}", survey)
        with statements() as seen:
            owner.get(f"console.surveys.{endpoint}", survey)
        assert len(seen) <= most, seen


def test_home_asks_a_bounded_number_of_questions_for_each_of_its_five_surveys(as_staff, acme, session):
    owner = as_staff("owner").at(acme)
    for number in range(7):
        live_survey(session, number)
    with statements() as seen:
        owner.get("console.home.index")
    assert len(seen) <= 6 + 5 * 5, "\n".join(seen)
