"""What is done after the commit, with savepoints in between."""

import pytest
from sqlalchemy import text

from infra.db import TenantRef
from infra.db.after_commit import after_commit
from infra.services import Services


def test_an_action_waits_for_the_outer_commit(services: Services, acme: TenantRef) -> None:
    done: list[str] = []
    with services.db.tenant_session(acme) as session:
        with session.begin_nested():
            session.execute(text("SELECT 1"))
            after_commit(session, lambda: done.append("inner"))
        after_commit(session, lambda: done.append("outer"))
        assert done == []
    assert done == ["inner", "outer"]


def test_a_rolled_back_savepoint_takes_its_actions_with_it(services: Services, acme: TenantRef) -> None:
    done: list[str] = []
    with services.db.tenant_session(acme) as session:
        after_commit(session, lambda: done.append("kept"))
        with pytest.raises(ValueError), session.begin_nested():
            session.execute(text("SELECT 1"))
            with session.begin_nested():
                after_commit(session, lambda: done.append("dropped"))
            raise ValueError
    assert done == ["kept"]


def test_a_rolled_back_transaction_does_nothing(services: Services, acme: TenantRef) -> None:
    done: list[str] = []
    with pytest.raises(ValueError), services.db.tenant_session(acme) as session:
        session.execute(text("SELECT 1"))
        after_commit(session, lambda: done.append("never"))
        raise ValueError
    with services.db.tenant_session(acme) as session:
        session.execute(text("SELECT 1"))
    assert done == []


def test_the_same_action_asked_for_twice_is_done_once(services: Services, acme: TenantRef) -> None:
    done: list[str] = []
    with services.db.tenant_session(acme) as session:
        session.execute(text("SELECT 1"))
        after_commit(session, lambda: done.append("first"), once="news")
        after_commit(session, lambda: done.append("second"), once="news")
        with session.begin_nested():
            after_commit(session, lambda: done.append("third"), once="news")
    assert done == ["first"]
