"""The hierarchy of keys: master → tenant → person.

Open keys are held in the process for at most HOLD seconds and are otherwise fetched from the key store and
unwrapped. So a destroyed key stops working in every process within HOLD seconds, and at once in the one that
destroyed it.
"""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from infra.crypto.cache import ExpiringCache
from infra.crypto.envelope import owner_of, seal, unseal
from infra.crypto.errors import KeyDestroyed, KeyMissing
from infra.crypto.providers import KeyProvider
from infra.crypto.store import KeyStore
from infra.db import Databases, TenantRef

HOLD = 60.0
"""Seconds that an open key may stay in a process."""

PLATFORM = TenantRef(UUID(int=0), "platform", "control")
"""Under this id the platform's own key stands in the control database's key store."""

_BATCH = 1000
_MOST_BEGUN = 32
_DESTROYED: Literal["destroyed"] = "destroyed"
"""Remembered like a key, so that a list with erased people does not ask for each of them."""


class Cipher(Protocol):
    """What protects values and makes blind indexes: a tenant's keys, or the platform's."""

    def encrypt(self, owner: UUID, text: str) -> bytes: ...

    def decrypt(self, envelope: bytes) -> str: ...

    def blind(self, purpose: str, normalised: str) -> bytes: ...

    def derive(self, purpose: str) -> bytes: ...

    def prefetch(self, owners: Iterable[UUID]) -> None: ...

    def holds(self, owner: UUID) -> bool: ...


@dataclass(frozen=True, slots=True, repr=False)
class _Material:
    """A tenant's open keys."""

    root: bytes
    index: bytes
    wrapping: AESGCM
    begun: dict[str, HMAC] = field(default_factory=dict)
    """By purpose, a computation that has taken in key and purpose; its copy costs a third of a new one."""

    def blind(self, purpose: str, normalised: str) -> bytes:
        begun = self.begun.get(purpose)
        if begun is None:
            begun = HMAC(self.index, SHA256())
            begun.update(purpose.encode() + b"\0")
            if len(self.begun) < _MOST_BEGUN:
                self.begun[purpose] = begun
        own = begun.copy()
        own.update(normalised.encode())
        return own.finalize()


class TenantKeys:
    """A tenant's keys for one piece of work; do not keep it longer than that."""

    def __init__(self, keys: "Keys", ref: TenantRef, material: _Material) -> None:
        self._keys = keys
        self._material = material
        self.ref = ref

    def encrypt(self, person: UUID, text: str) -> bytes:
        """The text under the person's key. Raises KeyMissing or KeyDestroyed."""
        return seal(self._keys.person(self.ref, person), self.ref.id, person, text.encode())

    def decrypt(self, envelope: bytes) -> str:
        """The text. Raises KeyDestroyed when the person was erased, CannotDecrypt when it is not this tenant's."""
        return unseal(self._keys.person(self.ref, owner_of(envelope)), self.ref.id, envelope).decode()

    def blind(self, purpose: str, normalised: str) -> bytes:
        """HMAC-SHA256 of a normalised value under the tenant's index key: equal values give equal bytes."""
        return self._material.blind(purpose, normalised)

    def derive(self, purpose: str) -> bytes:
        """32 bytes that depend on the tenant's key and the purpose."""
        return _expand(self._material.root, "purpose " + purpose)

    def prefetch(self, owners: Iterable[UUID]) -> None:
        """Fetches the keys of many people at once, so that a list does not ask for each."""
        self._keys.prefetch(self.ref, owners)

    def holds(self, owner: UUID) -> bool:
        """Whether the owner's key, or that it was destroyed, is known without asking the key store."""
        return self._keys.holds(self.ref, owner)


class PlatformKeys:
    """The platform's own key, for control rows such as sign-ups. There is one key; owners are bound, not keyed."""

    def __init__(self, material: _Material) -> None:
        self._material = material
        self._key = AESGCM(_expand(material.root, "platform values"))

    def encrypt(self, owner: UUID, text: str) -> bytes:
        """The text under the platform's key, bound to its owner."""
        return seal(self._key, PLATFORM.id, owner, text.encode())

    def decrypt(self, envelope: bytes) -> str:
        """The text. Raises CannotDecrypt."""
        return unseal(self._key, PLATFORM.id, envelope).decode()

    def blind(self, purpose: str, normalised: str) -> bytes:
        """HMAC-SHA256 under the platform's index key."""
        return self._material.blind(purpose, normalised)

    def derive(self, purpose: str) -> bytes:
        """32 bytes that depend on the platform's key and the purpose."""
        return _expand(self._material.root, "purpose " + purpose)

    def prefetch(self, owners: Iterable[UUID]) -> None:
        """Nothing to fetch: one key serves all."""

    def holds(self, owner: UUID) -> bool:
        """Always: one key serves all."""
        return True


class Keys:
    """Makes, opens and destroys keys."""

    def __init__(self, provider: KeyProvider, databases: Databases) -> None:
        self._provider = provider
        self._store = KeyStore(databases)
        self._tenants: ExpiringCache[UUID, _Material] = ExpiringCache(2_000, HOLD)
        self._people: ExpiringCache[tuple[int, int], AESGCM | Literal["destroyed"]] = ExpiringCache(50_000, HOLD)

    @property
    def platform(self) -> PlatformKeys:
        """The platform's keys, made on first use."""
        try:
            return PlatformKeys(self._open(PLATFORM))
        except KeyMissing:
            self.create_tenant(PLATFORM)
            return PlatformKeys(self._open(PLATFORM))

    def for_tenant(self, ref: TenantRef) -> TenantKeys:
        """The tenant's keys. Raises KeyMissing before create_tenant and KeyDestroyed after destroy_tenant."""
        return TenantKeys(self, ref, self._open(ref))

    def create_tenant(self, ref: TenantRef) -> None:
        """Makes and commits the tenant's keys; does nothing when it has some, alive or destroyed."""
        if self._store.find_tenant(ref) is not None:
            return
        root, index = os.urandom(32), os.urandom(32)
        wrapped_index = seal(_wrapping(root), ref.id, ref.id, index)
        self._store.add_tenant(ref, self._provider.wrap(root, _context(ref.id)), wrapped_index)

    def destroy_tenant(self, ref: TenantRef) -> None:
        """Destroys the tenant's key and with it everything that its people's keys protect."""
        self._store.destroy_tenant(ref)
        self.forget()

    def create_person(self, ref: TenantRef, person: UUID) -> None:
        """Makes and commits a person's key; does nothing when there is one, alive or destroyed."""
        self.create_people(ref, [person])

    def create_people(self, ref: TenantRef, people: Collection[UUID]) -> None:
        """As create_person for many, a thousand at a time."""
        wrapping = self._open(ref).wrapping
        missing = [person for person in dict.fromkeys(people) if self._people.get(_place(ref, person)) is None]
        for start in range(0, len(missing), _BATCH):
            made = {person: os.urandom(32) for person in missing[start : start + _BATCH]}
            wrapped = {person: seal(wrapping, ref.id, person, key) for person, key in made.items()}
            for person in self._store.add_people(ref, wrapped):
                self._people.put(_place(ref, person), AESGCM(made[person]))

    def destroy_person(self, ref: TenantRef, person: UUID) -> None:
        """Destroys a person's key; what it protects reads as KeyDestroyed here at once, elsewhere within HOLD."""
        self._store.destroy_person(ref, person)
        self._people.drop(_place(ref, person))

    def prefetch(self, ref: TenantRef, people: Iterable[UUID]) -> None:
        """Opens the keys of many people with one question to the key store."""
        missing = [person for person in set(people) if self._people.get(_place(ref, person)) is None]
        if not missing:
            return
        wrapping = self._open(ref).wrapping
        for start in range(0, len(missing), _BATCH):
            for person, wrapped in self._store.find_people(ref, missing[start : start + _BATCH]).items():
                key = _DESTROYED if wrapped is None else AESGCM(unseal(wrapping, ref.id, wrapped))
                self._people.put(_place(ref, person), key)

    def holds(self, ref: TenantRef, person: UUID) -> bool:
        """Whether a person's key, or that it was destroyed, is known in this process."""
        return self._people.get(_place(ref, person)) is not None

    def person(self, ref: TenantRef, person: UUID) -> AESGCM:
        """A person's open key. Raises KeyMissing or KeyDestroyed."""
        key = self._people.get(_place(ref, person))
        if key is None:
            self.prefetch(ref, [person])
            key = self._people.get(_place(ref, person))
        if key is None:
            raise KeyMissing(owner=person)
        if key == _DESTROYED:
            raise KeyDestroyed
        return key

    def rewrap(self, cell: str) -> int:
        """Wraps every tenant's key of a cell anew under the current master key; returns how many. Safe to repeat.

        People's keys hang on their tenant's, so they need no change. No connection is held while KMS is asked.
        """
        done = 0
        for tenant_id, wrapped in self._store.list_tenants(cell):
            context = _context(tenant_id)
            new = self._provider.wrap(self._provider.unwrap(wrapped, context), context)
            done += self._store.replace_tenant(cell, tenant_id, wrapped, new)
        return done

    def copy(self, ref: TenantRef, cell: str) -> int:
        """Copies the tenant's wrapped keys from its cell to another cell's store; answers how many rows."""
        return self._store.copy(ref, cell)

    def drop_copy(self, ref: TenantRef, cell: str) -> None:
        """Forgets the tenant's keys in a cell that it has left. The ones where it lives stay."""
        self._store.drop_copy(ref, cell)

    def forget(self) -> None:
        """Drops every open key from this process."""
        self._tenants.clear()
        self._people.clear()

    def _open(self, ref: TenantRef) -> _Material:
        material = self._tenants.get(ref.id)
        if material is not None:
            return material
        row = self._store.find_tenant(ref)
        if row is None:
            raise KeyMissing(owner=ref.id)
        wrapped, wrapped_index = row
        if wrapped is None or wrapped_index is None:
            raise KeyDestroyed
        root = self._provider.unwrap(wrapped, _context(ref.id))
        wrapping = _wrapping(root)
        material = _Material(root, unseal(wrapping, ref.id, wrapped_index), wrapping)
        self._tenants.put(ref.id, material)
        return material


def _place(ref: TenantRef, person: UUID) -> tuple[int, int]:
    """Where a key is held: UUIDs take ten times as long to hash and compare as their numbers."""
    return ref.id.int, person.int


def _context(tenant_id: UUID) -> dict[str, str]:
    return {"product": "rapport", "tenant": str(tenant_id)}


def _wrapping(root: bytes) -> AESGCM:
    return AESGCM(_expand(root, "wrap people's keys"))


def _expand(root: bytes, purpose: str) -> bytes:
    """HKDF-Expand (RFC 5869); the root is uniformly random, so Extract is not needed."""
    return HKDFExpand(algorithm=SHA256(), length=32, info=b"rapport.v1 " + purpose.encode()).derive(root)
