"""Codes of an authenticator app, after RFC 6238, and recovery codes."""

from datetime import UTC, datetime

import pytest
import time_machine

from tenants import totp
from tests.support.second_factor import code_of

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""RFC 6238, appendix B: "12345678901234567890" in base 32."""


@pytest.mark.parametrize(("moment", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_codes_are_those_of_the_standard(moment, code):
    with time_machine.travel(datetime.fromtimestamp(moment, UTC), tick=False):
        assert totp.matching_step(RFC_SECRET, code, after=None) == moment // totp.STEP


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(steps, accepted):
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        secret = totp.new_secret()
        assert (totp.matching_step(secret, code_of(secret, steps=steps), after=None) is not None) is accepted


def test_a_used_step_and_older_ones_are_refused():
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        secret = totp.new_secret()
        used = totp.matching_step(secret, code_of(secret), after=None)
        assert totp.matching_step(secret, code_of(secret), after=used) is None
        assert totp.matching_step(secret, code_of(secret, steps=-1), after=used) is None
        assert totp.matching_step(secret, code_of(secret, steps=1), after=used) == used + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 56 78", "\0\0\0\0\0\0", "-12345"]
)
def test_what_is_no_code_is_refused(typed):
    assert totp.matching_step(RFC_SECRET, typed, after=2**31) is None


def test_spaces_in_a_code_do_not_matter():
    secret = totp.new_secret()
    code = code_of(secret)
    assert totp.matching_step(secret, f" {code[:3]} {code[3:]} ", after=None) is not None


def test_the_address_names_account_and_issuer():
    address = totp.address(RFC_SECRET, "ada@acme.example", "Acme & Söhne")
    assert address.startswith("otpauth://totp/Acme%20%26%20S%C3%B6hne:ada%40acme.example")
    assert f"secret={RFC_SECRET}&issuer=Acme%20%26%20S%C3%B6hne" in address


def test_ten_recovery_codes_differ_and_are_hard_to_guess():
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)  # of 32 letters: 80 bits


def test_a_recovery_code_is_read_as_people_write_it():
    wanted = totp.recovery_hash("ab01-v234-5678-9xyz")
    for typed in ("AB01 V234 5678 9XYZ", "abo1v23456789xyz", "  abOI-u234-5678-9xyz "):
        assert totp.recovery_hash(typed) == wanted
    assert totp.recovery_hash("ab01-v234-5678-9xyy") != wanted
