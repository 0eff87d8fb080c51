"""A table with everything that protected columns offer, in a metadata of its own: no migration sees it."""

from uuid import UUID

from sqlalchemy import MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, registry
from sqlalchemy.types import LargeBinary

from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase
from infra.ids import new_id

NAMES = ARRAY(LargeBinary)


class Apart(TenantBase):
    __abstract__ = True
    registry = registry()
    metadata = MetaData()


class Person(Apart):
    __tablename__ = "test_people"
    __table_args__ = (UniqueConstraint("email_index", name="uq_test_people_email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes] = blind_index("email")
    name: Mapped[str | None] = encrypted("identity", index="name_index")
    name_index: Mapped[list[bytes] | None] = blind_index("name")
    phone: Mapped[str | None] = encrypted("contact", index="phone_index")
    phone_index: Mapped[bytes | None] = blind_index("phone")


class Address(Apart):
    __tablename__ = "test_addresses"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID | None]
    street: Mapped[str] = encrypted("contact", owner="person_id")
