"""Surveys, versions, quotas, responses, what they were before a correction, their files, rollups, rounds of
invitations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import TenantBase, append_only, not_personal, personal
from infra.ids import new_id
from surveys.logic.order import seed_of

LOW_WITH_WORDS = "texts <> '{}' AND (nps <= 6 OR csat <= 2 OR ces <= 3)"
"""A detractor, somebody unsatisfied, or somebody who found it hard; and they wrote something. Bound values would
keep PostgreSQL from seeing that the partial index fits, so the condition stands here once, as text."""


class Survey(TenantBase):
    """A survey with its draft. What customers see is the version that `live_version_id` names; None is nothing."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("address", name="uq_surveys_address"),
        CheckConstraint("identity IN ('identified', 'anonymous')", name="identity_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(info=not_personal)
    address: Mapped[str] = mapped_column(info=not_personal)
    zone: Mapped[str] = mapped_column(info=not_personal)
    """The IANA zone in which its days are counted. Changed only by `rollups.rebuild`."""
    identity: Mapped[str] = mapped_column(default="identified", server_default="identified", info=not_personal)
    """`identified`: an answer by a personal link carries the person. `anonymous`: no answer ever does."""
    draft: Mapped[dict[str, Any]] = mapped_column(info=not_personal)
    draft_revision: Mapped[int] = mapped_column(default=1, info=not_personal)
    live_version_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    owner_id: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    """The staff member whom it is left to; whoever made it at first."""
    updated_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    withdrawn_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    archived_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    archived_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))

    @property
    def state(self) -> str:
        """`archived`, `live`, `withdrawn` (was live once) or `draft`."""
        if self.archived_at is not None:
            return "archived"
        if self.live_version_id is not None:
            return "live"
        return "draft" if self.withdrawn_at is None else "withdrawn"


class SurveyVersion(TenantBase):
    """What was published, for ever as it was."""

    __tablename__ = "survey_versions"
    __table_args__ = (
        UniqueConstraint("survey_id", "number", name="uq_survey_versions_survey_id_number"),
        {"info": append_only()},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id, ondelete="CASCADE"), info=not_personal)
    number: Mapped[int] = mapped_column(info=not_personal)
    document: Mapped[dict[str, Any]] = mapped_column(info=not_personal)
    published_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    published_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))


class SurveyQuota(TenantBase):
    """How many places of a quota are taken. Its sentence and condition stand in the versions of its survey."""

    __tablename__ = "survey_quotas"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken"),)

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id, ondelete="CASCADE"), primary_key=True)
    quota_id: Mapped[str] = mapped_column(primary_key=True)
    places: Mapped[int | None] = mapped_column(info=not_personal)
    """As the version says that was published last; None where it has no such quota any more."""
    taken: Mapped[int] = mapped_column(default=0, server_default="0", info=not_personal)


class Response(TenantBase):
    """One person's answers. `answers` holds codes by question id, `texts` free text by question id.

    `partial` goes on, `finished` counts, `screened` came to its end and does not count: an ending said so, or a
    quota was full. No foreign key to survey and version: it would lock the same two rows in every answer of a busy
    survey. The statement that writes a response asks whether the survey is live instead.
    """

    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("submission_key", name="uq_responses_submission_key"),
        CheckConstraint("state IN ('partial', 'finished', 'screened')", name="state"),
        CheckConstraint("(state <> 'partial') = (finished_at IS NOT NULL)", name="finished_at"),
        CheckConstraint("revision > 0", name="revision"),
        Index("ix_responses_survey_id_id", "survey_id", "id"),
        Index("ix_responses_low", "finished_at", postgresql_where=text(LOW_WITH_WORDS)),
        Index("ix_responses_person_id", "person_id", "id", postgresql_where=text("person_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    survey_id: Mapped[UUID] = mapped_column(info=not_personal)
    version_id: Mapped[UUID] = mapped_column(info=not_personal)
    submission_key: Mapped[UUID] = mapped_column(info=personal("technical"))
    revision: Mapped[int] = mapped_column(info=not_personal)
    fingerprint: Mapped[str] = mapped_column(info=personal("technical"))
    """SHA-256 of what was sent, in hex: the same revision with another content is refused."""
    state: Mapped[str] = mapped_column(info=not_personal)
    source: Mapped[str] = mapped_column(info=not_personal)
    person_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """Who answered, where the survey is not anonymous and we know; see `surveys.known`."""
    language: Mapped[str] = mapped_column(info=personal("behaviour"))
    answers: Mapped[dict[str, Any]] = mapped_column(info=personal("opinion"))
    texts: Mapped[dict[str, Any]] = mapped_column(info=personal("free_text"))
    nps: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    csat: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    ces: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    hidden: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=personal("free_text"))
    """What the link brought along, by code; None where the survey takes nothing, or is anonymous."""
    variables: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=personal("opinion"))
    """The values of the version's variables after these answers, by id."""
    ending: Mapped[str | None] = mapped_column(info=personal("opinion"))
    """The id of the ending that they came to; None is the usual one."""
    quotas: Mapped[list[str] | None] = mapped_column(ARRAY(String), info=personal("opinion"))
    """The quotas whose places it has taken; of a screened response, the one that was full."""
    started_at: Mapped[datetime] = mapped_column(default=now, info=personal("behaviour"))
    updated_at: Mapped[datetime] = mapped_column(default=now, info=personal("behaviour"))
    finished_at: Mapped[datetime | None] = mapped_column(info=personal("behaviour"))

    @property
    def order_seed(self) -> int:
        """What decided the order in which its respondent saw what is shuffled; see `docs/logic.md`."""
        return seed_of(self.submission_key)


class ResponseRevision(TenantBase):
    """What a finished response said before it was corrected. An erasure may empty its content."""

    __tablename__ = "response_revisions"
    __table_args__ = ({"info": append_only("answers", "texts", "nps", "csat", "ces")},)

    response_id: Mapped[UUID] = mapped_column(ForeignKey(Response.id, ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(info=not_personal)
    fingerprint: Mapped[str] = mapped_column(info=personal("technical"))
    language: Mapped[str] = mapped_column(info=personal("behaviour"))
    answers: Mapped[dict[str, Any]] = mapped_column(info=personal("opinion"))
    texts: Mapped[dict[str, Any]] = mapped_column(info=personal("free_text"))
    nps: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    csat: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    ces: Mapped[int | None] = mapped_column(SmallInteger, info=personal("opinion"))
    written_at: Mapped[datetime] = mapped_column(info=personal("behaviour"))
    replaced_at: Mapped[datetime] = mapped_column(default=now, info=personal("behaviour"))


class ResponseFile(TenantBase):
    """A file that may be in the file store: sent along for a submission, which may never be finished.

    What it is called stands in the answer alone. The day and no time, for answers may be anonymous. Its index is
    the sweeper's.
    """

    __tablename__ = "response_files"
    __table_args__ = (Index("ix_response_files_stored_on", "stored_on", postgresql_where=text("NOT kept")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    survey_id: Mapped[UUID] = mapped_column(info=not_personal)
    submission_key: Mapped[UUID] = mapped_column(info=personal("technical"))
    stored_on: Mapped[date] = mapped_column(info=personal("behaviour"))
    kept: Mapped[bool] = mapped_column(default=False, info=not_personal)
    """An answer names it, and no correction can leave it out any more."""


class ResponseRollup(TenantBase):
    """How many finished responses say this. Question and code '' count responses; code '' alone, who answered.
    Of those that were screened there is one cell: question '', code `screened`."""

    __tablename__ = "response_rollups"

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(info=not_personal)


class SurveyRound(TenantBase):
    """Customers of a segment who are invited together. Its id is that of the batch of mails.

    How it stands is read from contacts, mails and links and stored nowhere. Rounds are few, so there is no index
    but the one that makes two presses one round.
    """

    __tablename__ = "survey_rounds"
    __table_args__ = (UniqueConstraint("key", name="uq_survey_rounds_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id, ondelete="CASCADE"), info=not_personal)
    segment_id: Mapped[UUID] = mapped_column(info=not_personal)
    segment_name: Mapped[str] = mapped_column(info=not_personal)
    """As it was called then; the segment may be gone."""
    reminder: Mapped[bool] = mapped_column(info=not_personal)
    words: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=not_personal)
    """What its mails say instead of our words; see `surveys.invitation_words`."""
    key: Mapped[str] = mapped_column(info=not_personal)
    """Survey, who asked, and what they called it: asking again finds this row."""
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    asked_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the door had been asked for everybody; None until then."""
