"""What people agreed to, in which words, and how they want to be written to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, append_only, not_personal, personal
from infra.ids import new_id


class Topic(TenantBase):
    """A subject within a purpose that the tenant lets people choose, such as "Tastings" within news."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("code", name="uq_topics_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(info=not_personal)
    """How consents and the API name it; never changes."""
    purpose: Mapped[str] = mapped_column(info=not_personal)
    names: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, info=not_personal)
    """What people read, by language."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    archived_at: Mapped[datetime | None] = mapped_column(info=not_personal)


class ConsentText(TenantBase):
    """The words of a question for consent, for ever as somebody read them. `number` counts a purpose's versions."""

    __tablename__ = "consent_texts"
    __table_args__ = (
        UniqueConstraint("purpose", "locale", "digest", name="uq_consent_texts_digest"),
        {"info": append_only()},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(info=not_personal)
    locale: Mapped[str] = mapped_column(info=not_personal)
    number: Mapped[int] = mapped_column(info=not_personal)
    words: Mapped[str] = mapped_column(info=not_personal)
    digest: Mapped[str] = mapped_column(info=not_personal)
    """SHA-256 of the words in hexadecimal."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)


class Consent(TenantBase):
    """One act of giving, asking for confirmation or withdrawing; the latest counts (`customers.consent`)."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_person_id", "person_id", "purpose", "at"),
        CheckConstraint("state IN ('given', 'withdrawn', 'pending')", name="state_known"),
        {"info": append_only("email_index")},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(info=not_personal)
    """Whose it was when it was written; a merged person's rows keep theirs."""
    purpose: Mapped[str] = mapped_column(info=not_personal)
    channel: Mapped[str] = mapped_column(info=not_personal)
    topic: Mapped[str] = mapped_column(default="", info=not_personal)
    """Empty: the whole purpose."""
    state: Mapped[str] = mapped_column(info=personal("behaviour"))
    source: Mapped[str] = mapped_column(info=not_personal)
    text_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    text_version: Mapped[str | None] = mapped_column(info=not_personal)
    """Number of our own wording, or how another system names the wording that somebody agreed to there."""
    text_digest: Mapped[str | None] = mapped_column(info=not_personal)
    locale: Mapped[str | None] = mapped_column(info=not_personal)
    how: Mapped[str | None] = mapped_column(info=personal("free_text"))
    """What staff say about how it was given, or which record of another system proves it."""
    network: Mapped[str | None] = encrypted("technical", owner="person_id")
    """The network address it came from."""
    evidence: Mapped[UUID | None] = mapped_column(info=not_personal)
    """What it came by: the contact whose link was pressed, the import, the row that it confirms."""
    by_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    guardian_email: Mapped[str | None] = encrypted("contact", owner="person_id")
    """Who confirms it for a child."""
    guardian_confirmed: Mapped[bool] = mapped_column(default=False, info=not_personal)
    email_index: Mapped[bytes | None] = mapped_column(info=personal("contact"))
    """Blind index of the address whose mailbox proved it; where that is asked for, it counts for this one only."""
    expires_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Of a pending one: until when it can be confirmed."""
    at: Mapped[datetime] = mapped_column(info=personal("behaviour"))
    """When the person did it; of what was imported, as the other system says."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)


class Preferences(TenantBase):
    """How one person wants to be written to, besides what they agreed to."""

    __tablename__ = "preferences"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))
    every_days: Mapped[int | None] = mapped_column(info=personal("behaviour"))
    """At most one message in so many days."""
    birth_year: Mapped[str | None] = encrypted("identity", owner="person_id")
    """Asked only where the tenant has an age gate."""
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, info=not_personal)


class ContactRules(TenantBase):
    """What the tenant has decided about writing to people: one row."""

    __tablename__ = "contact_rules"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    most: Mapped[int] = mapped_column(info=not_personal)
    days: Mapped[int] = mapped_column(info=not_personal)
    """At most `most` messages to a person in any `days` days."""
    quiet_from: Mapped[int | None] = mapped_column(info=not_personal)
    quiet_until: Mapped[int | None] = mapped_column(info=not_personal)
    """Minutes after midnight in the person's zone; both empty: no quiet hours."""
    quiet_weekdays: Mapped[list[Any]] = mapped_column(default=list, info=not_personal)
    """Days without messages, 1 for Monday to 7 for Sunday."""
    asked_first: Mapped[list[str]] = mapped_column(default=list, info=not_personal)
    """Purposes besides the law's that want a consent before the first message."""
    confirmed: Mapped[list[str]] = mapped_column(default=list, info=not_personal)
    """Purposes whose consent counts only when a mailed link was pressed (double opt-in)."""
    ages: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, info=not_personal)
    """Purpose to the age from which somebody consents for themselves."""
    channels: Mapped[list[str]] = mapped_column(default=lambda: ["email"], info=not_personal)
    soft_bounces: Mapped[int] = mapped_column(default=5, info=not_personal)
    soft_bounce_days: Mapped[int] = mapped_column(default=30, info=not_personal)
    """So many soft bounces in so many days suppress an address."""
    link_key: Mapped[int] = mapped_column(default=1, info=not_personal)
    """Which of the keys made from the tenant's signs external ids in survey links."""
    portal_closed_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """Since when the customer pages are switched off; empty: they are open."""
    portal_welcome: Mapped[str | None] = mapped_column(info=not_personal)
    """The tenant's own sentence on the first customer page."""
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, info=not_personal)


__all__ = ["Consent", "ConsentText", "ContactRules", "Preferences", "Topic"]
