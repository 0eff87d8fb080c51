"""The moments at which protected attributes are sealed and opened.

Sealing waits for the flush, where the owner's id is known and the keys of all new rows can be made with one
statement. Opening waits until the text is read, so that a row whose person was erased can still be loaded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import InstrumentedAttribute, Mapper, Session, UOWTransaction, object_mapper, object_session
from sqlalchemy.orm.attributes import set_attribute

from infra.crypto.ambient import current_keys
from infra.crypto.declared import ENCRYPTED, Encryption, blind_of, cipher_of, encryptions, kind_of
from infra.crypto.errors import OwnerMissing
from infra.crypto.keys import Cipher
from infra.crypto.sealed import Sealed
from infra.db import ControlBase, TenantBase
from infra.db.scope import TenantRef, current_tenant

_UNTOUCHED = object()


class EncryptedAttribute:
    """Stands on the class in the place of SQLAlchemy's attribute: instances give and take plain text."""

    def __init__(self, mapped: InstrumentedAttribute[Any]) -> None:
        self._mapped = mapped

    def __get__(self, instance: object | None, owner: type[Any]) -> Any:
        if instance is None:
            return self._mapped
        value = self._mapped.__get__(instance, owner)
        if not isinstance(value, Sealed):
            return value
        return value.text if value.text is not None else self._open(instance, value)

    def __set__(self, instance: object, text: str | None) -> None:
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{self._mapped.key} takes text, not {type(text).__name__}")
        held = instance.__dict__.get(self._mapped.key)
        if isinstance(held, Sealed) and held.text is not None and held.text == text:
            return
        self._mapped.__set__(instance, text)

    def __delete__(self, instance: object) -> None:
        self._mapped.__delete__(instance)

    def _open(self, instance: object, value: Sealed) -> str:
        session = object_session(instance)
        cipher = _cipher(object_mapper(instance), session)
        if session is not None and not cipher.holds(value.owner):
            cipher.prefetch(self._owners_beside(instance, session))
        return value.open(cipher)

    def _owners_beside(self, instance: object, session: Session) -> Iterable[Any]:
        """Owners of the unread values of this attribute in the session: a list asks once, not for each."""
        for other in session.identity_map.values():
            value = other.__dict__.get(self._mapped.key) if type(other) is type(instance) else None
            if isinstance(value, Sealed) and value.text is None:
                yield value.owner


@event.listens_for(ControlBase, "attribute_instrument", propagate=True)
@event.listens_for(TenantBase, "attribute_instrument", propagate=True)
def _replace(model: type[Any], key: str, mapped: InstrumentedAttribute[Any]) -> None:
    columns = getattr(mapped.property, "columns", ())
    if columns and ENCRYPTED in columns[0].info:
        type.__setattr__(model, key, EncryptedAttribute(mapped))


@event.listens_for(Session, "before_flush")
def _seal_changes(session: Session, flush: UOWTransaction, instances: object) -> None:
    _make_keys(session)
    waiting = list(_unsealed(session))
    for is_control in (False, True):
        chosen = [value for value in waiting if value.is_control is is_control]
        if chosen:
            cipher = _cipher(chosen[0].mapper, session)
            cipher.prefetch(value.owner for value in chosen)
            for value in chosen:
                value.seal(cipher)


@dataclass(frozen=True, slots=True)
class _Unsealed:
    """A plain text, or a NULL whose index has to go with it."""

    instance: object
    mapper: Mapper[Any]
    name: str
    declared: Encryption
    text: str | None
    owner: UUID

    @property
    def is_control(self) -> bool:
        return _is_control(self.mapper)

    def seal(self, cipher: Cipher) -> None:
        """Replaces the text by its sealed form and fills the index."""
        index: bytes | list[bytes] | None = None
        if self.text is not None:
            sealed = Sealed(cipher.encrypt(self.owner, self.text), self.text)
            set_attribute(self.instance, self.name, sealed)
        if self.declared.index:
            if self.text is not None:
                index = blind_of(cipher, kind_of(self.mapper, self.declared.index), self.text)
            set_attribute(self.instance, self.declared.index, index)


def _unsealed(session: Session) -> Iterator[_Unsealed]:
    """What was assigned since the last flush. Raises OwnerMissing for a text whose owner is not known."""
    for instance in chain(session.new, session.dirty):
        mapper = object_mapper(instance)
        for name, declared in encryptions(mapper).items():
            value = instance.__dict__.get(name, _UNTOUCHED)
            if isinstance(value, str) or value is None:
                yield _Unsealed(instance, mapper, name, declared, value, _owner(instance, mapper, declared))


def _owner(instance: object, mapper: Mapper[Any], declared: Encryption) -> UUID:
    owner = _own_id(instance, mapper) if declared.owner == "id" else getattr(instance, declared.owner)
    if not isinstance(owner, UUID):
        raise OwnerMissing
    return owner


def _make_keys(session: Session) -> None:
    """A new row that is its own owner gets its key, committed before the row; one statement for all of them."""
    new = [
        _own_id(instance, mapper)
        for instance in session.new
        if not _is_control(mapper := object_mapper(instance))
        and any(declared.owner == "id" for declared in encryptions(mapper).values())
    ]
    if new:
        current_keys().create_people(_tenant(session), new)


def _own_id(instance: object, mapper: Mapper[Any]) -> Any:
    """The row's id, drawn now from the column's default when nobody has set it."""
    held = getattr(instance, "id", None)
    if held is None:
        default = mapper.column_attrs["id"].columns[0].default
        if default is None or not default.is_callable:
            raise OwnerMissing
        held = default.arg(None)
        set_attribute(instance, "id", held)
    return held


def _cipher(mapper: Mapper[Any], session: Session | None) -> Cipher:
    schema = getattr(mapper.local_table, "schema", None)
    return cipher_of(schema, None if _is_control(mapper) else _tenant(session))


def _is_control(mapper: Mapper[Any]) -> bool:
    return getattr(mapper.local_table, "schema", None) == "control"


def _tenant(session: Session | None) -> TenantRef:
    tenant = session.info.get("tenant") if session is not None else None
    return tenant if isinstance(tenant, TenantRef) else current_tenant()
