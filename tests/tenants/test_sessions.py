"""How long sessions live, who ends them, and what is kept of them."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from infra.clock import now
from infra.errors import NotFound
from tenants import cleaning, roles, sessions, sign_in, staff, throttle
from tenants.models import AuditEntry, SignInAttempt, StaffSession, StaffToken
from tenants.permissions import SYSTEM, Actor
from tenants.throttle import Caller
from tests.web.story import add_member


@pytest.fixture
def ada(session):
    return add_member(session, "admin", email="ada@acme.example")


def in_(**time):
    return time_machine.travel(now() + timedelta(**time), tick=False)


def test_a_session_that_is_used_lives_on_and_one_that_is_not_ends(session, ada):
    used, unused = sessions.start(session, ada), sessions.start(session, ada)
    for day in range(1, 16):
        with in_(days=day):
            assert sessions.find(session, used) is not None
    with in_(days=16):
        assert sessions.find(session, used) is not None
        assert sessions.find(session, unused) is None


def test_no_session_lives_for_more_than_three_months(session, ada):
    token = sessions.start(session, ada)
    for day in range(5, 90, 5):
        with in_(days=day):
            assert sessions.find(session, token) is not None
    with in_(days=90, minutes=1):
        assert sessions.find(session, token) is None
        assert sessions.list_living(session, ada) == []


def test_a_new_token_makes_the_old_one_worthless(session, ada):
    old = sessions.start(session, ada)
    _, living = sessions.find(session, old)
    new = sessions.rotate(session, living)
    assert sessions.find(session, old) is None
    assert sessions.find(session, new) == (ada, living)


def test_sessions_are_listed_by_their_last_use(session, ada):
    older = sessions.start(session, ada, device="firefox/windows")
    with in_(hours=1):
        sessions.start(session, ada, device="safari/iphone")
    with in_(hours=2):
        sessions.find(session, older)
        session.flush()
        listed = sessions.list_living(session, ada)
    assert [living.device for living in listed] == ["firefox/windows", "safari/iphone"]


def test_one_session_is_ended_and_the_others_stay(session, ada):
    kept, gone = sessions.start(session, ada), sessions.start(session, ada)
    _, living = sessions.find(session, gone)
    for _ in range(2):
        sessions.end_one(session, ada, living.id, by=Actor("staff", ada.id))
    assert sessions.find(session, gone) is None
    assert sessions.find(session, kept) is not None
    assert _recorded(session, "staff.session_ended") == 1


def test_nobody_ends_a_session_of_somebody_else(session, ada):
    eve = add_member(session, "admin")
    token = sessions.start(session, eve)
    _, living = sessions.find(session, token)
    with pytest.raises(NotFound):
        sessions.end_one(session, ada, living.id, by=Actor("staff", ada.id))
    assert sessions.find(session, token) is not None


def test_all_but_one_are_ended(session, ada):
    here, *elsewhere = (sessions.start(session, ada) for _ in range(3))
    _, living = sessions.find(session, here)
    assert sessions.end_all(session, ada, by=SYSTEM, besides=living.id) == 2
    assert sessions.find(session, here) is not None
    assert all(sessions.find(session, token) is None for token in elsewhere)


def test_a_new_password_and_a_new_role_end_the_sessions(session, ada):
    owner = add_member(session, "owner")
    first = sessions.start(session, ada)
    staff.set_password(session, ada, "a brand new sentence", by=SYSTEM)
    assert sessions.find(session, first) is None
    second = sessions.start(session, ada)
    roles.change(session, ada, "viewer", by=Actor("staff", owner.id))
    assert sessions.find(session, second) is None


def test_the_password_counts_as_typed_for_a_quarter_of_an_hour(session, ada):
    _, living = sessions.find(session, sessions.start(session, ada))
    assert sessions.is_proved(living)
    with in_(minutes=16):
        assert not sessions.is_proved(living)
        sessions.prove(session, living)
        assert sessions.is_proved(living)
    _, by_link = sessions.find(session, sessions.start(session, ada, proved=False))
    assert not sessions.is_proved(by_link)


def test_the_sweeper_forgets_what_is_over_and_leaves_what_is_not(session, services, ada):
    ended, living = sessions.start(session, ada), sessions.start(session, ada)
    sessions.end(session, ended)
    sign_in.make_code(session, services.settings, ada)
    throttle.count(session, services.keys, "password", "ada@acme.example", Caller("192.0.2.1"))
    session.flush()
    assert not cleaning.has_old_sign_ins(session)
    with in_(days=2):
        assert cleaning.has_old_sign_ins(session)
    for day in range(7, 36, 7):
        with in_(days=day):
            assert sessions.find(session, living) is not None
            session.flush()
    with in_(days=36):
        cleaning.forget_sign_ins(session)
        assert not cleaning.has_old_sign_ins(session)
        kept = session.scalars(select(StaffSession.token_hash).where(StaffSession.staff_id == ada.id)).all()
        assert len(kept) == 1
        assert sessions.find(session, living) is not None
    for model in (StaffToken, SignInAttempt):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def _recorded(session, action):
    return session.scalar(select(func.count()).where(AuditEntry.action == action))
