"""Attempts are slowed down where they come from: strangers spend their own allowance and not the owner's."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tenants import devices, sign_in, throttle
from tenants.devices import Device
from tenants.errors import SignInFailed, TooManyAttempts
from tenants.models import SignInAttempt
from tenants.throttle import Caller
from tests.web.story import PASSWORD, add_member

ADA = "ada@acme.example"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def attempt(session, services):
    """`attempt(address="…")`: one try that fails; raises when it comes too early."""

    def one(email=ADA, address="192.0.2.1", device=None):
        return throttle.count(session, services.keys, "password", email, Caller(address, device))

    return one


@pytest.fixture
def known(services, session):
    """Ada's own device, which signed in before."""
    return devices.read(services.settings, devices.cookie_of(services.settings, services.keys, None, ADA))


def fail(attempt, times, **who):
    for number in range(times):
        attempt(**{"address": f"198.51.100.{number}", **who})


def test_the_first_attempts_are_free_then_each_waits_twice_as_long(attempt, clock):
    fail(attempt, throttle.FREE)
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyAttempts) as refused:
            attempt()
        waits.append(refused.value.retry_after)
        clock.shift(waits[-1])
        attempt()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_what_comes_too_early_is_not_counted(attempt, clock, session):
    fail(attempt, throttle.FREE + 0)
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            attempt()
    assert session.scalar(select(func.count(SignInAttempt.id))) == throttle.FREE
    clock.shift(1)
    attempt()


def test_after_a_day_it_starts_anew(attempt, clock):
    fail(attempt, throttle.FREE)
    clock.shift(throttle.KEPT + timedelta(seconds=1))
    fail(attempt, throttle.FREE)


def test_the_spelling_of_an_address_makes_no_new_account(attempt, clock):
    fail(attempt, throttle.FREE)
    with pytest.raises(TooManyAttempts):
        attempt(email=" ADA@Acme.Example ")


def test_accounts_do_not_slow_each_other_down(attempt, clock):
    fail(attempt, throttle.FREE)
    fail(attempt, throttle.FREE, email="eve@acme.example")


def test_one_place_that_tries_many_accounts_is_slowed_down(attempt, clock):
    for number in range(throttle.FREE_BY_ADDRESS):
        attempt(email=f"somebody{number}@acme.example")
    with pytest.raises(TooManyAttempts):
        attempt(email="one.more@acme.example")
    attempt(email="one.more@acme.example", address="203.0.113.9")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
        ("not an address", "not an address", True),
    ],
)
def test_an_ipv6_network_counts_as_one_place(one, other, same):
    assert (throttle._network(one) == throttle._network(other)) is same


def test_a_device_that_signed_in_before_has_its_own_allowance(attempt, known, clock):
    fail(attempt, throttle.FREE)
    fail(attempt, throttle.FREE, device=known)
    with pytest.raises(TooManyAttempts):
        attempt(device=known)
    clock.shift(1)
    attempt(device=known)


def test_a_device_that_others_signed_in_on_is_a_stranger(attempt, services, clock, session):
    eves = devices.cookie_of(services.settings, services.keys, None, "eve@acme.example")
    fail(attempt, throttle.FREE, device=devices.read(services.settings, eves))
    with pytest.raises(TooManyAttempts):
        attempt()


def test_a_device_remembers_the_five_who_used_it_last(services, session):
    device = None
    for number in range(6):
        cookie = devices.cookie_of(services.settings, services.keys, device, f"p{number}@acme.example")
        device = devices.read(services.settings, cookie)
    knows = [device.knows(devices.mark_of(services.keys, f"p{number}@acme.example")) for number in range(6)]
    assert knows == [False, True, True, True, True, True]


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a.b", "e30.e30"])
def test_a_made_up_device_is_none(services, session, cookie):
    assert devices.read(services.settings, cookie) is None


def test_a_device_is_unknown_at_another_tenant_and_under_another_secret(services, joined, session, globex):
    cookie = devices.cookie_of(services.settings, services.keys, None, ADA)
    assert devices.read(replace(services.settings, secret="x" * 44), cookie) is None

    def elsewhere():
        with joined.db.tenant_session(globex):
            return devices.read(services.settings, cookie)

    assert Context().run(elsewhere) is None


def test_success_forgives_those_who_had_it_and_no_others(attempt, known, clock, session):
    fail(attempt, throttle.FREE)
    throttle.forgive(session, attempt(device=known))
    with pytest.raises(TooManyAttempts):
        attempt()


def test_a_thousand_failures_from_elsewhere_do_not_keep_the_owner_out(attempt, known, clock, services, session):
    """Over three days, from a thousand addresses; then the right password, from the owner's own device."""
    member = add_member(session, "admin", email=ADA)
    counted = 0
    for number in range(1000):
        clock.shift(timedelta(minutes=4))
        with suppress(TooManyAttempts):
            attempt(address=f"2001:db8:{number:x}::1")
            counted += 1
    assert counted < 300  # most came too early and cost neither a row nor a hash
    with pytest.raises(TooManyAttempts):
        attempt(address="203.0.113.7")
    mine = sign_in.count_attempt(session, services.keys, ADA, Caller("203.0.113.7", known))
    entry = sign_in.sign_in(session, services.settings, mine, email=ADA, password=PASSWORD)
    assert entry.member.id == member.id
    assert entry.token is not None


def test_the_owners_device_is_not_held_back_by_its_network(attempt, known, clock):
    for number in range(throttle.FREE_BY_ADDRESS):
        attempt(email=f"somebody{number}@acme.example")
    attempt(device=known)


def test_a_stolen_device_cookie_slows_down_that_device_alone(attempt, known, clock):
    fail(attempt, throttle.FREE, device=known)
    other = Device(known.id.__class__(int=1), known.accounts)
    attempt(device=other)
    attempt()


def test_codes_are_counted_for_the_account_on_however_many_devices(services, session, clock):
    """A reset of the password makes a new device each time; its codes come out of the same allowance."""

    def code(email=ADA):
        device = devices.read(services.settings, devices.cookie_of(services.settings, services.keys, None, email))
        return throttle.count_code(session, services.keys, email, Caller("192.0.2.1", device))

    for _ in range(throttle.FREE_CODES):
        code()
    waits = []
    for _ in range(11):
        with pytest.raises(TooManyAttempts) as refused:
            code()
        waits.append(refused.value.retry_after)
        clock.shift(waits[-1])
        code()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]
    code(email="eve@acme.example")
    clock.shift(throttle.ADDRESS_KEPT)
    code()


def test_strangers_without_the_password_do_not_spend_the_codes_of_an_account(services, session, attempt, clock):
    fail(attempt, throttle.FREE)
    with pytest.raises(TooManyAttempts):
        attempt()
    throttle.count_code(session, services.keys, ADA, Caller("203.0.113.7"))


def test_codes_that_let_in_are_not_counted_for_the_account(services, session, known, clock):
    for _ in range(throttle.FREE_CODES + 5):
        throttle.forgive(session, throttle.count_code(session, services.keys, ADA, Caller("192.0.2.1", known)))


def test_a_failed_password_stays_counted(attempt, services, session, clock):
    add_member(session, "admin", email=ADA)
    counted = attempt()
    with pytest.raises(SignInFailed):
        sign_in.sign_in(session, services.settings, counted, email=ADA, password="not the password")
    assert session.scalar(select(func.count(SignInAttempt.id))) == 1


def test_of_thirty_attempts_at_once_only_the_free_ones_are_let_through(services, own_tenant):
    def one() -> bool:
        try:
            with services.db.tenant_session(own_tenant) as session:
                throttle.count(session, services.keys, "password", ADA, Caller("192.0.2.1"))
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(lambda _: Context().run(one), range(30)))
    assert passed == throttle.FREE


def test_attempts_at_many_accounts_from_one_place_see_each_other(services, own_tenant):
    """Both counts are locked in one order: nobody waits for ever, and the limit of the place holds."""

    def one(number: int) -> bool:
        try:
            with services.db.tenant_session(own_tenant) as session:
                throttle.count(session, services.keys, "password", f"p{number}@acme.example", Caller("192.0.2.1"))
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(lambda number: Context().run(one, number), range(throttle.FREE_BY_ADDRESS + 20)))
    assert passed == throttle.FREE_BY_ADDRESS
