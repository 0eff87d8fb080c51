"""How one protected value looks: AES-256-GCM with the owner's id in front and tenant and owner bound to it.

    version (1 byte) · owner id (16) · nonce (12) · ciphertext and tag (n + 16)

The additional data are version, tenant id and owner id, so that a value that is copied to another tenant or
relabelled as another person's does not open. NIST SP 800-38D: a random 96-bit nonce is good for 2^32 values
under one key; a person has a few.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.crypto.errors import CannotDecrypt

VERSION = b"\x01"
_OWNER = slice(1, 17)
_NONCE = slice(17, 29)
_BODY = slice(29, None)
_SHORTEST = 29 + 16


def seal(key: AESGCM, tenant: UUID, owner: UUID, content: bytes) -> bytes:
    """Encrypts under the key, bound to tenant and owner."""
    nonce = os.urandom(12)
    return VERSION + owner.bytes + nonce + key.encrypt(nonce, content, _bound(tenant, owner))


def owner_of(envelope: bytes) -> UUID:
    """Whose key opens this. Raises CannotDecrypt when it is no envelope of ours."""
    if len(envelope) < _SHORTEST or envelope[:1] != VERSION:
        raise CannotDecrypt
    return UUID(bytes=bytes(envelope[_OWNER]))


def unseal(key: AESGCM, tenant: UUID, envelope: bytes) -> bytes:
    """The content. Raises CannotDecrypt when anything was changed or the key, tenant or owner is another."""
    if len(envelope) < _SHORTEST or envelope[:1] != VERSION:
        raise CannotDecrypt
    try:
        return key.decrypt(envelope[_NONCE], envelope[_BODY], VERSION + tenant.bytes + envelope[_OWNER])
    except InvalidTag:
        raise CannotDecrypt from None


def _bound(tenant: UUID, owner: UUID) -> bytes:
    return VERSION + tenant.bytes + owner.bytes
