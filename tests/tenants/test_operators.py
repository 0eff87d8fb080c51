"""Operators at once: one link, one code, one change of state, and no more attempts than are allowed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import delete, select, text

from infra.clock import now
from infra.db import TenantRef
from infra.errors import RapportError
from infra.services import Services
from tenants import passwords
from tenants.errors import TooManyAttempts
from tenants.models import TenantTransition
from tenants.operators import accounts, sessions, sign_in, workspaces
from tenants.operators.models import Operator, OperatorAttempt, OperatorEntry, OperatorSession
from tenants.permissions import Actor

PASSWORD = "seven calm otters"
EMAIL = "otto@rapport.example"


@pytest.fixture(autouse=True)
def _clean(services: Services) -> Iterator[None]:
    yield
    with services.db.control_session() as session:
        for model in (OperatorSession, OperatorAttempt, Operator):
            session.execute(delete(model))
    with services.db.owner("control") as connection:
        connection.execute(text("DELETE FROM control.operator_audit"))


@pytest.fixture
def token(services: Services) -> str:
    """Of the set-up link."""
    with services.db.control_session() as session:
        return accounts.add(session, name="Otto", email=EMAIL)[1]


@pytest.fixture
def otto(services: Services, token: str) -> Operator:
    """Set up, with PASSWORD."""
    with services.db.control_session() as session:
        operator = accounts.check_set_up(session, token)
        operator.password_hash, operator.ready_at = passwords.hashed(PASSWORD), now()
        operator.set_up_hash = operator.set_up_until = None
        return operator


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Runs the work so many times at the same moment; a refusal is its answer."""
    barrier = Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except RapportError as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def code_of(operator: Operator) -> str:
    return str(pyotp.TOTP(operator.totp_secret).at(int(now().timestamp())))


def test_a_set_up_link_used_twice_at_once_sets_up_once(services: Services, token: str) -> None:
    with services.db.control_session() as session:
        code = code_of(accounts.check_set_up(session, token))

    def use(number: int) -> list[str]:
        with services.db.control_session() as session:
            return accounts.set_up(session, token, password=PASSWORD, code=code)[1]

    done = at_once(4, use)
    assert len([codes for codes in done if isinstance(codes, list)]) == 1


def test_one_code_typed_at_two_places_at_once_lets_one_in(services: Services, otto: Operator) -> None:
    def half(number: int) -> str:
        with services.db.control_session() as session:
            return sign_in.check_password(
                session, services.keys, email=EMAIL, password=PASSWORD, address=f"10.0.0.{number}"
            )

    halves = [half(number) for number in range(4)]
    code = code_of(otto)

    def finish(number: int) -> str:
        with services.db.control_session() as session:
            return sign_in.finish(session, services.keys, halves[number], code)[1]

    done = at_once(4, finish)
    [token] = [each for each in done if isinstance(each, str)]
    with services.db.control_session() as session:
        assert sessions.find(session, token) is not None
        assert all(sessions.find(session, each) is None for each in halves)


def test_attempts_made_at_once_see_each_other(services: Services, otto: Operator) -> None:
    def attempt(number: int) -> None:
        with services.db.control_session() as session:
            sign_in.count_attempt(session, services.keys, EMAIL, "10.0.0.1")

    done = at_once(sign_in.PER_PAIR + 6, attempt)
    assert len([each for each in done if isinstance(each, TooManyAttempts)]) == 6


def test_codes_tried_at_once_are_no_more_than_five(services: Services, otto: Operator) -> None:
    with services.db.control_session() as session:
        half = sessions.start(session, otto, b"here", whole=False)

    def attempt(number: int) -> None:
        with services.db.control_session() as session:
            sign_in.count_code(session, services.keys, half)

    done = at_once(12, attempt)
    assert len([each for each in done if each is None]) == sign_in.MOST_CODES


def test_two_operators_change_one_tenant_at_once_and_one_is_told(services: Services, own_tenant: TenantRef) -> None:
    people = [Actor("operator", UUID(int=number)) for number in (1, 2, 3, 4)]

    def suspend(number: int) -> None:
        with services.db.control_session() as session:
            workspaces.suspend(session, own_tenant.id, typed=own_tenant.slug, reason="at once", by=people[number])

    def reopen(number: int) -> None:
        with services.db.control_session() as session:
            workspaces.reopen(session, own_tenant.id, reason="at once", by=people[number])

    for verb in (suspend, reopen):
        done = at_once(4, verb)
        assert len([each for each in done if each is None]) == 1
    with services.db.control_session() as session:
        states = session.scalars(
            select(TenantTransition.state)
            .where(TenantTransition.tenant_id == own_tenant.id)
            .order_by(TenantTransition.id)
        ).all()
        deeds = session.scalars(
            select(OperatorEntry.action).where(OperatorEntry.tenant_id == own_tenant.id).order_by(OperatorEntry.id)
        ).all()
    assert states[-2:] == ["suspended", "active"]
    assert deeds == ["tenant.suspended", "tenant.reopened"]


def test_an_address_is_one_operators_in_whatever_spelling(services: Services, otto: Operator) -> None:
    def add(number: int) -> Any:
        with services.db.control_session() as session:
            return accounts.add(session, name="Other", email="Otto@Rapport.Example")

    assert all(isinstance(each, RapportError) for each in at_once(3, add))


def test_two_adds_of_a_new_address_at_once_make_one(services: Services) -> None:
    def add(number: int) -> str:
        with services.db.control_session() as session:
            return accounts.add(session, name="New", email="new@rapport.example")[1]

    assert len([each for each in at_once(3, add) if isinstance(each, str)]) == 1


def test_what_stands_in_the_database_names_nobody(services: Services, otto: Operator) -> None:
    with services.db.owner("control") as connection:
        row = connection.execute(text("SELECT * FROM control.operators")).one()
    stored = b" ".join(bytes(value) for value in row if isinstance(value, bytes | memoryview))
    for secret in (EMAIL, "Otto", otto.totp_secret):
        assert secret.encode() not in stored
