"""What a request asks the database: as much for many rows as for one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from customers import consent
from customers.consent import Proof
from customers.imports import verbs
from customers.imports.checking import check
from infra import long_jobs
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK, somebody


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are run inside, without savepoints."""
    seen: list[str] = []

    def note(connection, cursor, statement, *rest):
        if "SAVEPOINT" not in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("operation", "most"),
    [
        ("surveys.list_surveys", 3),
        ("versions.list_versions", 4),
        ("responses.list_responses", 5),
        ("results.get_results", 5),
    ],
)
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_one(program, operation, most):
    """Scope, key, survey, rows; results read the definitions, answers whether this reading was noted."""
    survey = program.live_survey()
    for score in range(7, 11):
        program.answer(survey, score)
        program.survey(f"Another {score}")
    path = () if operation == "surveys.list_surveys" else (survey["id"],)
    program.call("GET", operation, *path)
    with statements() as seen:
        program.call("GET", operation, *path)
    assert len(seen) == most, seen


def asked_by(program, *operation):
    with statements() as seen:
        items = program.call("GET", *operation)["items"]
    return len(items), len(seen), seen


def test_imports_and_consents_are_read_as_often_for_many_as_for_one(program, session):
    person = somebody(session)

    def one_more(number):
        made = verbs.begin(session, "imports/x", {"kind": "csv"}, ["Name"], filename="a.csv", by=SYSTEM)
        made.job_id = long_jobs.start(session, check, by=SYSTEM, key=made.id.hex, subject=made.id).id
        consent.give(session, person.id, "news", Proof("api", text=f"Wording {number}"))
        consent.withdraw(session, person.id, "news", LINK)
        session.flush()
        session.expire_all()

    operations = (("imports.list_imports",), ("consents.list_consents", str(person.id)))
    one_more(0)
    for operation in operations:
        program.call("GET", *operation)
    before = [asked_by(program, *operation) for operation in operations]
    for number in range(1, 4):
        one_more(number)
    for operation, (rows, asked, _) in zip(operations, before, strict=True):
        later, asked_later, seen = asked_by(program, *operation)
        assert (later, asked_later) == (rows + 3 * rows, asked), seen
