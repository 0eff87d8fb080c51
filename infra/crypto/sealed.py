"""How a protected value stands between the database and the model."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, LargeBinary
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from infra.crypto.envelope import owner_of
from infra.crypto.errors import OwnerMissing
from infra.crypto.keys import Cipher


class Sealed:
    """A protected value: the envelope and, once it was read or before it was stored, its text."""

    __slots__ = ("envelope", "text")

    def __init__(self, envelope: bytes, text: str | None = None) -> None:
        self.envelope = envelope
        self.text = text

    @property
    def owner(self) -> UUID:
        return owner_of(self.envelope)

    def open(self, cipher: Cipher) -> str:
        """The text. Raises KeyDestroyed or CannotDecrypt."""
        if self.text is None:
            self.text = cipher.decrypt(self.envelope)
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.envelope == self.envelope

    def __hash__(self) -> int:
        return hash(self.envelope)

    def __repr__(self) -> str:
        return "<sealed>"


class EncryptedText(TypeDecorator[Any]):
    """bytea in the database; Sealed on the way in and out. A plain text that nobody sealed is refused."""

    impl = LargeBinary
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Any]):
        """Ciphertexts of equal texts differ, so nothing but NULL can be asked for."""

        def operate(self, op: Any, *other: Any, **options: Any) -> ColumnElement[Any]:
            null_test = op in (operators.is_, operators.is_not, operators.eq, operators.ne)
            if null_test and (other[0] is None or getattr(other[0], "__visit_name__", "") == "null"):
                return super().operate(op, *other, **options)
            raise TypeError("an encrypted column cannot be compared or sorted; use its blind index")

    comparator_factory = Comparator

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise OwnerMissing
        return value.envelope

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))
