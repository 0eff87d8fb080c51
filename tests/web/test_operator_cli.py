"""`rapport operators`, as it is typed."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import delete

from infra.services import Services
from tenants.operators.models import Operator, OperatorSession
from tests.support.commands import run_command

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def operators(services: Services) -> Iterator[Run]:
    """Runs the command and answers its exit code and everything it said; the accounts go afterwards."""
    yield partial(run_command, "operators")
    with services.db.control_session() as session:
        session.execute(delete(OperatorSession))
        session.execute(delete(Operator))


def test_an_operator_is_added_listed_reset_and_disabled(operators: Run) -> None:
    email = f"olga-{uuid4().hex[:6]}@rapport.example"
    code, said = operators("add", email, "Olga Operator")
    assert code == 0
    link = next(line for line in said.splitlines() if "/operator/set-up/" in line)
    assert link.startswith("http")
    assert "already" in operators("add", email.upper(), "Again")[1]
    code, said = operators("list")
    line = next(line for line in said.splitlines() if email in line)
    assert "invited" in line
    assert "never signed in" in line
    code, said = operators("reset", email)
    assert code == 0
    assert link not in said
    assert operators("disable", email)[0] == 0
    assert "disabled" in next(line for line in operators("list")[1].splitlines() if email in line)


def test_what_cannot_be_is_said_in_one_sentence(operators: Run) -> None:
    for words, sentence in (
        (("add", "not an address", "X"), "no e-mail address"),
        (("add", "a@b.example", " "), "needs a name"),
        (("reset", "nobody@b.example"), "No operator has this address"),
        (("disable", "nobody@b.example"), "No operator has this address"),
    ):
        code, said = operators(*words)
        assert code == 1
        assert said.startswith("Error:")
        assert sentence in said
