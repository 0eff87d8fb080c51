"""One protected value."""

import os
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from infra.crypto.envelope import owner_of, seal, unseal
from infra.crypto.errors import CannotDecrypt

KEY = AESGCM(bytes(32))
TENANT, OWNER = UUID(int=1), UUID(int=2)


@given(st.binary(max_size=200))
def test_what_was_sealed_opens(content: bytes) -> None:
    envelope = seal(KEY, TENANT, OWNER, content)
    assert owner_of(envelope) == OWNER
    assert unseal(KEY, TENANT, envelope) == content


def test_equal_texts_look_different() -> None:
    assert seal(KEY, TENANT, OWNER, b"Ann") != seal(KEY, TENANT, OWNER, b"Ann")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_noticed(place: int, difference: int) -> None:
    envelope = bytearray(seal(KEY, TENANT, OWNER, b"Ann"))
    envelope[place % len(envelope)] ^= difference
    with pytest.raises(CannotDecrypt):
        unseal(KEY, TENANT, bytes(envelope))


def test_another_tenant_key_or_owner_does_not_open_it() -> None:
    envelope = seal(KEY, TENANT, OWNER, b"Ann")
    relabelled = envelope[:1] + uuid4().bytes + envelope[17:]
    with pytest.raises(CannotDecrypt):
        unseal(KEY, uuid4(), envelope)
    with pytest.raises(CannotDecrypt):
        unseal(AESGCM(os.urandom(32)), TENANT, envelope)
    with pytest.raises(CannotDecrypt):
        unseal(KEY, TENANT, relabelled)


@pytest.mark.parametrize("junk", [b"", b"\x01", b"\x02" + bytes(60), b"Ann"])
def test_what_is_no_envelope_is_refused(junk: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        owner_of(junk)
