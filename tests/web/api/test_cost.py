"""What a request asks the database: as much for many rows as for one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine


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
