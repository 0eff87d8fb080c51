"""Columns that hold personal data under the person's own key, and the indexes they are found by.

    class StaffMember(TenantBase):
        id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
        email: Mapped[str] = encrypted("contact", index="email_index")
        email_index: Mapped[bytes] = blind_index("email", unique=True)

Assign and read plain text: the flush encrypts it under the owner's key and fills the index; reading decrypts when
it is first asked for, and fetches the keys of all rows of that kind in the session at once. A new row whose owner
is its own `id` gets its key made; any other owner must have one. In `control` tables the platform's key serves.

Look up with `blind_equal(StaffMember.email_index, "Ann@x.org")`; comparing the encrypted column itself raises. Load
rows, not columns: `select(StaffMember.email)` gives sealed values, for `reveal`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, LargeBinary, cast, false
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, Mapper, mapped_column

from infra.crypto import attributes, normal
from infra.crypto.declared import (
    BLIND,
    CATEGORIES,
    ENCRYPTED,
    PREFIX_BYTES,
    Encryption,
    blind_of,
    cipher_of,
    encryptions,
    kind_of,
)
from infra.crypto.errors import KeyDestroyed
from infra.crypto.keys import Cipher
from infra.crypto.sealed import EncryptedText, Sealed
from infra.db.columns import Category, personal

T = TypeVar("T")


def encrypted(
    category: Category, *, index: str | None = None, owner: str = "id", **options: Any
) -> MappedColumn[Any]:
    """A text of that category under the key of the person whose id stands in the attribute `owner`."""
    info = {**personal(category), ENCRYPTED: Encryption(owner, index)}
    return mapped_column(EncryptedText(), info=info, **options)


def blind_index(kind: str, **options: Any) -> MappedColumn[Any]:
    """The index of an "email", a "phone" (bytes, exact) or a "name" (list of bytes, beginnings of its words).

    Its declaration says BLIND, so that dumps leave it out and a restore recomputes it. For names add a GIN index.
    """
    info = {**personal(CATEGORIES[kind]), BLIND: kind}
    return mapped_column(ARRAY(LargeBinary) if kind == "name" else LargeBinary(), info=info, **options)


def blind_equal(index: Any, text: str) -> ColumnElement[bool]:
    """Whether the value behind an exact index equals the text, in whatever case or spacing it was typed."""
    kind, cipher = _index(index)
    found: ColumnElement[bool] = index == blind_of(cipher, kind, text)
    return found


def blind_words(index: Any, text: str) -> ColumnElement[bool]:
    """Whether every word of the text begins a word of the name behind the index; no words find nobody."""
    _, cipher = _index(index)
    wanted = [cipher.blind("name", word[: normal.LONGEST_PREFIX])[:PREFIX_BYTES] for word in normal.words(text)]
    found: ColumnElement[bool] = index.contains(cast(wanted, ARRAY(LargeBinary)))
    return found if wanted else false()


def protect(model: type[Any], cipher: Cipher, values: dict[str, Any]) -> dict[str, Any]:
    """Column values for a Core insert, with texts sealed and indexes filled. The owners' keys must exist."""
    mapper: Mapper[Any] = model.__mapper__
    done = dict(values)
    for name, declared in encryptions(mapper).items():
        text = values.get(name)
        if text is not None:
            done[name] = Sealed(cipher.encrypt(values[declared.owner], text), text)
            if declared.index:
                done[declared.index] = blind_of(cipher, kind_of(mapper, declared.index), text)
    return done


def reveal(cipher: Cipher, values: list[Any]) -> list[str | None]:
    """Texts of an encrypted column that was selected by itself; None for NULL and for who was erased."""
    cipher.prefetch(value.owner for value in values if isinstance(value, Sealed))
    return [or_none(partial(value.open, cipher)) if isinstance(value, Sealed) else None for value in values]


def or_none(read: Callable[[], T]) -> T | None:
    """The value, or None when the person was erased: `or_none(lambda: member.email)`."""
    try:
        return read()
    except KeyDestroyed:
        return None


def _index(index: InstrumentedAttribute[Any]) -> tuple[str, Cipher]:
    column = index.property.columns[0]
    return column.info[BLIND], cipher_of(column.table.schema)


__all__ = [
    "EncryptedText",
    "Sealed",
    "attributes",
    "blind_equal",
    "blind_index",
    "blind_of",
    "blind_words",
    "encrypted",
    "or_none",
    "protect",
    "reveal",
]
