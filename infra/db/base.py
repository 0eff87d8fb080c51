"""The three families of tables and their naming."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TYPES: dict[Any, Any] = {
    UUID: Uuid(),
    datetime: DateTime(timezone=True),
    bytes: LargeBinary(),
    dict[str, Any]: JSONB(none_as_null=True),
    list[Any]: JSONB(none_as_null=True),
    list[str]: JSONB(none_as_null=True),
}


class ControlBase(DeclarativeBase):
    """Tables of the routing plane: one schema `control`, in the control database only."""

    metadata = MetaData(naming_convention=NAMING, schema="control")
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class TenantBase(DeclarativeBase):
    """Tables that stand in every tenant's schema. No schema name: the transaction's search_path decides."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class KeyStoreBase(DeclarativeBase):
    """Wrapped keys: schema `keystore` in each cell, reachable by the login `rapport_keys` only."""

    metadata = MetaData(naming_convention=NAMING, schema="keystore")
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES
