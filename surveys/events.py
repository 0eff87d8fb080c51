"""Facts that others may react to."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPublished(DomainEvent):
    """A version went live. `subject` is the survey."""

    kind: ClassVar[str] = "surveys.survey_published"
    version: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWithdrawn(DomainEvent):
    """The survey takes no more answers. `subject` is the survey."""

    kind: ClassVar[str] = "surveys.survey_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsBegun(DomainEvent):
    """The customers of a segment are invited, or reminded. `subject` is the round."""

    kind: ClassVar[str] = "surveys.invitations_begun"
    survey: UUID
    segment: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsAsked(DomainEvent):
    """Everybody of a round was asked for; mails may still wait. `subject` is the round."""

    kind: ClassVar[str] = "surveys.invitations_asked"
    survey: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsPaused(DomainEvent):
    """Nothing more of a round goes out for now. `subject` is the round."""

    kind: ClassVar[str] = "surveys.invitations_paused"
    survey: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsResumed(DomainEvent):
    """A round that was paused, or had stopped, goes on. `subject` is the round."""

    kind: ClassVar[str] = "surveys.invitations_resumed"
    survey: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsCancelled(DomainEvent):
    """What was left of a round was taken back. `subject` is the round."""

    kind: ClassVar[str] = "surveys.invitations_cancelled"
    survey: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkIssued(DomainEvent):
    """A personal link was made for a program or by staff. `subject` is the link."""

    kind: ClassVar[str] = "surveys.link_issued"
    survey: UUID
    person: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRevoked(DomainEvent):
    """Somebody took a personal link back. `subject` is the link."""

    kind: ClassVar[str] = "surveys.link_revoked"
    survey: UUID
    person: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFinished(DomainEvent):
    """A respondent has finished. `subject` is the response; `revision` is its first finished one.

    In its data `unscreened` names the revision that was screened out before a correction made this one count.
    """

    kind: ClassVar[str] = "surveys.response_finished"
    survey: UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseScreened(DomainEvent):
    """A respondent came to an end and does not count: an ending said so, or a quota was full. `subject` is the
    response.

    In its data, after a correction, `previous` names the revision that counted before, or `unscreened` the one that
    was screened out before.
    """

    kind: ClassVar[str] = "surveys.response_screened"
    survey: UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCorrected(DomainEvent):
    """A finished response was corrected. `previous` is the revision that no longer counts."""

    kind: ClassVar[str] = "surveys.response_corrected"
    survey: UUID
    revision: int
    previous: int
