"""The tests' own ground: what the fixtures promise holds."""

import urllib.request
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef, fast
from infra.events.models import Event
from infra.services import Services
from tenants.models import Routing
from tests.support.offline import OutsideError

SLUGS = ("acme", "globex")


def an_event(session: Session) -> None:
    values = {
        "id": uuid4(),
        "kind": "tests.happened",
        "subject_id": uuid4(),
        "data": {},
        "occurred_at": clock.now(),
    }
    session.execute(insert(Event).values(**values))


def test_tenants_are_there_in_two_cells(acme: TenantRef, globex: TenantRef, initech: TenantRef) -> None:
    assert (acme.cell, globex.cell, initech.cell) == ("default", "default", "b")


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_writes_is_gone_in_the_next(session: Session, turn: int) -> None:
    assert session.scalars(select(Event)).all() == []
    an_event(session)


def test_pages_and_the_fast_path_see_the_tests_transaction(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    an_event(session)

    assert fast.once(joined.db, acme, "SELECT kind FROM events") == [("tests.happened",)]
    with joined.db.open_tenant(acme) as page:
        assert len(page.scalars(select(Event)).all()) == 1
        an_event(page)
        page.commit()
    with fast.transaction(joined.db, acme) as connection:
        connection.execute("SELECT kind FROM events")

    assert len(session.scalars(select(Event)).all()) == 2


def test_a_session_inside_another_scope_gives_the_scope_back(
    joined: Services, session: Session, globex: TenantRef
) -> None:
    an_event(session)
    with joined.db.control_session() as control:
        assert control.scalar(select(Routing.generation)) is not None
    assert fast.once(joined.db, globex, "SELECT kind FROM events") == []

    assert session.scalar(select(Event.kind)) == "tests.happened"


def test_a_failure_inside_leaves_the_tests_transaction_usable(
    joined: Services, session: Session, acme: TenantRef, globex: TenantRef
) -> None:
    an_event(session)
    with pytest.raises(ProgrammingError), joined.db.open_tenant(globex) as page:
        page.execute(text(f"SELECT * FROM {acme.schema}.events"))
    with pytest.raises(Exception, match="nothing_like_it"):
        fast.once(joined.db, acme, "SELECT * FROM nothing_like_it")

    assert session.scalar(select(Event.kind)) == "tests.happened"


def test_an_own_tenant_is_committed(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        an_event(session)
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(Event.kind)) == "tests.happened"


def test_outside_sockets_are_off() -> None:
    with pytest.raises(OutsideError):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
