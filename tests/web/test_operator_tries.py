"""Guessing at an operator's code or present password: slower and slower, through however many sessions."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from infra.clock import now
from tenants import throttle
from tenants.errors import TooManyAttempts
from tenants.operators import sessions, sign_in, tries
from tenants.operators.errors import CodeRefused
from tenants.operators.models import OperatorAttempt, OperatorEntry, OperatorSession
from tests.support.apps import app_over
from tests.web.operator_story import as_operator, asks_beside, code_of, made
from tests.web.story import PASSWORD, text_of
from tests.web.test_operator_sign_in import enter_password, in_control


@pytest.fixture
def app(joined, services):
    return asks_beside(app_over(joined), services)


@pytest.fixture
def ready(joined):
    return in_control(joined, lambda session: made(session, "olga@rapport.example"))


def half(services, operator, address):
    return in_control(services, lambda s: sessions.start(s, operator, address, whole=False))


def guess(services, operator, address=b"elsewhere"):
    """One wrong code in a half session of its own."""
    token = half(services, operator, address)
    in_control(services, lambda s: sign_in.count_code(s, services.keys, token))
    with pytest.raises(CodeRefused):
        in_control(services, lambda s: sign_in.finish(s, services.keys, token, "000000"))
    in_control(services, lambda s: sign_in.note_refusal(s, services.keys, token))


def test_a_fresh_half_session_gives_no_fresh_codes_to_guess(visitor, joined, ready):
    with time_machine.travel(now(), tick=False):
        guest = visitor()
        page = guest.get(enter_password(guest).location)
        for _ in range(sign_in.MOST_CODES):
            guest.submit(page, "/second-factor", code="000000", expect=422)
        guest = visitor()
        page = guest.get(enter_password(guest).location)
        assert "too many" in text_of(guest.submit(page, "/second-factor", code=code_of(ready), expect=429))
    theirs = select(OperatorSession.tries).where(OperatorSession.operator_id == ready.id)
    counted = in_control(joined, lambda s: s.scalars(theirs).all())
    assert sorted(counted) == [0, sign_in.MOST_CODES], "a try that came too early is not counted"
    about = select(OperatorEntry.data).where(OperatorEntry.action == "operator.code_refused")
    refused = in_control(joined, lambda s: s.scalars(about.order_by(OperatorEntry.id)).all())
    assert [data["failed"] for data in refused] == [1, 2, 3, 4, 5]
    assert [data["waits"] for data in refused] == [0, 0, 0, 0, 1]


def test_about_a_hundred_codes_a_day_can_be_guessed_and_no_more(joined, ready):
    made_at, tried = now(), 0
    moment = made_at
    while moment < made_at + timedelta(days=1):
        with time_machine.travel(moment, tick=False):
            try:
                guess(joined, ready)
                tried += 1
            except TooManyAttempts as refusal:
                moment += timedelta(seconds=refusal.retry_after)
    assert 90 < tried < 115


def test_where_the_operator_has_worked_strangers_guesses_slow_nothing_down(joined, ready):
    in_control(joined, lambda s: sessions.start(s, ready, b"office", whole=True))
    for _ in range(throttle.FREE):
        guess(joined, ready)
    with pytest.raises(TooManyAttempts):
        guess(joined, ready)
    token = half(joined, ready, b"office")
    in_control(joined, lambda s: sign_in.count_code(s, joined.keys, token))
    in_control(joined, lambda s: sign_in.finish(s, joined.keys, token, code_of(ready)))
    with pytest.raises(TooManyAttempts):
        guess(joined, ready)
    left = in_control(joined, lambda s: s.scalars(select(OperatorAttempt.id)).all())
    assert len(left) == throttle.FREE, "the operator's own tries are forgiven, the strangers' are not"


@pytest.mark.parametrize(
    ("endpoint", "wrong"),
    [
        ("operator.account.change_password", {"present": "not it", "password": "five tall green lamps"}),
        ("operator.account.renew_codes", {"code": "000000"}),
    ],
)
def test_who_is_signed_in_guesses_neither_the_present_password_nor_a_code(app, joined, endpoint, wrong):
    someone = as_operator(app)
    with time_machine.travel(now(), tick=False):
        for _ in range(throttle.FREE):
            someone.post(endpoint, data=wrong, expect=422)
        right = {**wrong, "present": PASSWORD} if "present" in wrong else wrong
        assert "too many" in text_of(someone.post(endpoint, data=right, expect=429))
    with time_machine.travel(now() + timedelta(seconds=5)):
        if "present" in wrong:
            someone.post(endpoint, data=right)
            failed = in_control(joined, lambda s: tries.failed(s, joined.keys, tries.PRESENT, someone.operator_id))
            assert failed == 0
        else:
            someone.post(endpoint, data=wrong, expect=422)


def recorded(joined, *actions):
    query = select(OperatorEntry).where(OperatorEntry.action.in_(actions)).order_by(OperatorEntry.id)
    return in_control(joined, lambda s: s.scalars(query).all())


def test_wrong_passwords_at_the_door_stand_in_the_record_once_an_hour_by_id_and_what_was_stopped_too(
    visitor, joined, ready
):
    guest, emails, began = visitor(), ("olga@rapport.example", "nobody@rapport.example"), now()
    with time_machine.travel(began, tick=False):
        page = guest.get("/operator/sign-in")
        for email in emails:
            for _ in range(sign_in.PER_PAIR):
                guest.submit(page, "/operator/sign-in", email=email, password="not it at all", expect=422)
            for _ in range(2):
                guest.submit(page, "/operator/sign-in", email=email, password=PASSWORD, expect=429)
    with time_machine.travel(began + timedelta(hours=2), tick=False):
        for email in emails:
            guest.submit(page, "/operator/sign-in", email=email, password="not it at all", expect=422)
    wrong, stopped = recorded(joined, "operator.password_refused"), recorded(joined, "operator.tries_stopped")
    assert [entry.subject_id for entry in wrong] == [ready.id, None] * 2
    assert [entry.subject_id for entry in stopped] == [ready.id, None]
    assert {entry.data["failed"] for entry in stopped} == {sign_in.PER_PAIR}
    assert not any("@" in str(entry.data) for entry in wrong)


def test_what_who_is_signed_in_guesses_stands_in_the_record(app, joined):
    someone = as_operator(app)
    with time_machine.travel(now(), tick=False):
        for endpoint, wrong in (
            ("operator.account.change_password", {"present": "not it", "password": "five tall green lamps"}),
            ("operator.account.renew_codes", {"code": "000000"}),
        ):
            for _ in range(throttle.FREE):
                someone.post(endpoint, data=wrong, expect=422)
            someone.post(endpoint, data=wrong, expect=429)
    (refused,) = recorded(joined, "operator.password_refused")
    assert (refused.operator_id, refused.subject_id) == (someone.operator_id, someone.operator_id)
    assert len(recorded(joined, "operator.code_refused")) == throttle.FREE
    (stopped,) = recorded(joined, "operator.tries_stopped")
    assert stopped.subject_id == someone.operator_id


def test_codes_that_came_too_soon_stand_in_the_record(visitor, joined, ready):
    with time_machine.travel(now(), tick=False):
        for _ in range(throttle.FREE):
            guess(joined, ready)
        guest = visitor()
        page = guest.get(enter_password(guest).location)
        for _ in range(2):
            guest.submit(page, "/second-factor", code="000000", expect=429)
    (stopped,) = recorded(joined, "operator.tries_stopped")
    assert stopped.subject_id == ready.id
