"""What a model declared about its protected columns."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.orm import Mapper

from infra.crypto import normal
from infra.crypto.ambient import current_keys
from infra.crypto.keys import Cipher
from infra.db.columns import Category
from infra.db.scope import TenantRef, current_tenant

ENCRYPTED = "encrypted"
BLIND = "blind"
PREFIX_BYTES = 8
"""Of a name's beginnings only this much of the HMAC is kept: enough to tell them apart, a quarter of the room."""

NORMALISERS: dict[str, Callable[[str], str]] = {"email": normal.email, "phone": normal.phone, "subject": str}
CATEGORIES: dict[str, Category] = {
    "email": "contact",
    "phone": "contact",
    "name": "identity",
    "subject": "identity",
}
"""A `subject` is what a provider calls an account: exact to the letter."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What `encrypted()` declared: the attribute with the owner's id, and the index attribute if there is one."""

    owner: str
    index: str | None


@cache
def encryptions(mapper: Mapper[Any]) -> dict[str, Encryption]:
    """Attribute name to declaration of a mapped class."""
    return {
        attribute.key: attribute.columns[0].info[ENCRYPTED]
        for attribute in mapper.column_attrs
        if ENCRYPTED in attribute.columns[0].info
    }


def kind_of(mapper: Mapper[Any], index: str) -> str:
    """Of which kind a blind index attribute is."""
    kind: str = mapper.column_attrs[index].columns[0].info[BLIND]
    return kind


def blind_of(cipher: Cipher, kind: str, text: str) -> bytes | list[bytes]:
    """What stands in a blind index for a text."""
    if kind == "name":
        return [cipher.blind(kind, prefix)[:PREFIX_BYTES] for prefix in normal.prefixes(text)]
    return cipher.blind(kind, NORMALISERS[kind](text))


def cipher_of(schema: str | None, tenant: TenantRef | None = None) -> Cipher:
    """The keys for a table: the platform's in schema `control`, else the tenant's, by default the open one's."""
    if schema == "control":
        return current_keys().platform
    return current_keys().for_tenant(tenant or current_tenant())
