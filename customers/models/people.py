"""People, their identities, companies, and the attributes that a tenant declares for both.

A person is two rows: what lists, filters and segments read stands in `people`, which is narrow, so that a count
over a million is one short scan; what is encrypted stands in `identities` and is read for those who are shown.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.clock import now
from infra.crypto.columns import blind_index, encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

LIVING = "merged_into IS NULL AND erased_at IS NULL"
"""Those whom lists show. Bound values would keep PostgreSQL from seeing that a partial index fits."""


class Company(TenantBase):
    """A business whose people are our tenant's customers. Its name is no secret and is found by its beginning."""

    __tablename__ = "companies"
    __table_args__ = (
        Index(
            "ix_companies_name",
            func.lower(text("name")).label("folded"),
            postgresql_ops={"folded": "text_pattern_ops"},
        ),
        Index("uq_companies_external_id", "external_id", unique=True, postgresql_where=text("merged_into IS NULL")),
        Index(
            "ix_companies_website",
            func.lower(text("website")).label("folded"),
            postgresql_ops={"folded": "text_pattern_ops"},
            postgresql_where=text("website IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(info=personal("identity"))
    external_id: Mapped[str | None] = mapped_column(info=personal("identity"))
    website: Mapped[str | None] = mapped_column(info=personal("contact"))
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, info=personal("behaviour"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    merged_into: Mapped[UUID | None] = mapped_column(info=not_personal)


class Person(TenantBase):
    """One customer. `merged_into` names who they turned out to be; `people.get` answers that one for the old id."""

    __tablename__ = "people"
    __table_args__ = (
        Index("uq_people_external_id", "external_id", unique=True, postgresql_where=text("merged_into IS NULL")),
        Index("ix_people_company_id", "company_id", postgresql_where=text("company_id IS NOT NULL")),
        Index(
            "ix_people_last_contact",
            text("last_contact_at DESC NULLS LAST"),
            text("id DESC"),
            postgresql_where=text(LIVING),
        ),
        Index("ix_people_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        CheckConstraint("merged_into <> id", name="merged_into_another"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    external_id: Mapped[str | None] = mapped_column(info=personal("identity"))
    """What the tenant's own systems call them."""
    company_id: Mapped[UUID | None] = mapped_column(info=personal("identity"))
    language: Mapped[str | None] = mapped_column(info=personal("behaviour"))
    zone: Mapped[str | None] = mapped_column(info=personal("behaviour"))
    """IANA zone in which their quiet hours are counted; the tenant's where nothing is known."""
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, info=personal("behaviour"))
    """Values by the attribute's code: text, number, ISO date, option code or boolean."""
    nps: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    csat: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    ces: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    scored_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    """When they last gave a score in a survey that is not anonymous."""
    last_contact_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    """When we last spoke with them or wrote to them."""
    source: Mapped[str] = mapped_column(info=not_personal)
    """`staff`, `import`, `api`, `portal`, `mail` or `survey`."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    merged_into: Mapped[UUID | None] = mapped_column(info=not_personal)
    erased_at: Mapped[datetime | None] = mapped_column(info=not_personal)

    identity: Mapped["Identity"] = relationship(
        lazy="selectin", uselist=False, cascade="all, delete-orphan", passive_deletes=True
    )


class Identity(TenantBase):
    """Who a person is and where they are reached, under their own key; its id is the person's."""

    __tablename__ = "identities"
    __table_args__ = (
        Index("ix_identities_name_index", "name_index", postgresql_using="gin"),
        Index("ix_identities_tokens", "tokens", postgresql_using="gin"),
        Index("ix_identities_email_index", "email_index"),
        Index("ix_identities_phone_index", "phone_index"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str | None] = encrypted("identity", index="name_index")
    name_index: Mapped[list[bytes] | None] = blind_index("name")
    email: Mapped[str | None] = encrypted("contact", index="email_index")
    email_index: Mapped[bytes | None] = blind_index("email")
    phone: Mapped[str | None] = encrypted("contact", index="phone_index")
    phone_index: Mapped[bytes | None] = blind_index("phone")
    tokens: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary), info=personal("identity"))
    """Blind tokens under which likely duplicates meet; see `customers.duplicates`."""


class Attribute(TenantBase):
    """A field that the tenant declares for its people or companies."""

    __tablename__ = "attributes"
    __table_args__ = (
        Index("uq_attributes_subject_code", "subject", "code", unique=True),
        CheckConstraint("subject IN ('person', 'company')", name="subject_known"),
        CheckConstraint("type IN ('text', 'number', 'date', 'choice', 'boolean')", name="type_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(info=not_personal)
    code: Mapped[str] = mapped_column(info=not_personal)
    """How values, imports and the API name it; never changes."""
    label: Mapped[str] = mapped_column(info=not_personal)
    type: Mapped[str] = mapped_column(info=not_personal)
    options: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list, info=not_personal)
    """Of a choice: `{"code", "label"}` in order."""
    personal: Mapped[bool] = mapped_column(default=True, info=not_personal)
    """Whether its values tell about a person: then what was typed stands with them alone."""
    own: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info=not_personal)
    """Whether people may correct it themselves on the customer pages."""
    position: Mapped[int] = mapped_column(default=0, info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    archived_at: Mapped[datetime | None] = mapped_column(info=not_personal)
