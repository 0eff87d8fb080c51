"""Keys and what they protect: envelopes, the key store, the master key's providers, encrypted columns.

`Services.start` makes the process's `Keys` and puts them at the disposal of the column types with `use`.
"""

from infra.crypto.ambient import current_keys, use
from infra.crypto.errors import (
    CannotDecrypt,
    KeyDestroyed,
    KeyMissing,
    KeyServiceUnavailable,
    MasterKeyUnusable,
    OwnerMissing,
)
from infra.crypto.keys import Cipher, Keys, PlatformKeys, TenantKeys
from infra.crypto.providers import KeyProvider, KmsKeys, LocalKeyFile, key_provider

__all__ = [
    "CannotDecrypt",
    "Cipher",
    "KeyDestroyed",
    "KeyMissing",
    "KeyProvider",
    "KeyServiceUnavailable",
    "Keys",
    "KmsKeys",
    "LocalKeyFile",
    "MasterKeyUnusable",
    "OwnerMissing",
    "PlatformKeys",
    "TenantKeys",
    "current_keys",
    "key_provider",
    "use",
]
