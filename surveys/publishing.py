"""From draft to what customers see: immutable versions, one of which is live."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import clock
from infra.events import record
from surveys import link_checks, quotas
from surveys.answers import CompiledSurvey, compile_survey
from surveys.definition import Definition, parse, problems_for_publishing
from surveys.definition.changes import changed_meaning
from surveys.errors import NotPublishable, SurveyArchived, VersionNotFound
from surveys.events import SurveyPublished, SurveyWithdrawn
from surveys.models import Survey, SurveyVersion


@dataclass(frozen=True, slots=True)
class Live:
    """A published version, ready for pages and answers. Immutable, so a process may keep it by `version_id`.

    `fingerprint` changes when the address shows something else; compare it with `live_fingerprint`.
    """

    survey_id: UUID
    version_id: UUID
    number: int
    name: str
    address: str
    compiled: CompiledSurvey
    fingerprint: str

    @property
    def definition(self) -> Definition:
        return self.compiled.definition


def problems(session: Session, survey: Survey) -> dict[str, list[str]]:
    """What stands against publishing the draft, by JSON pointer; empty when it may be published.

    Besides the draft itself this asks that nothing already published changes its meaning under the same id.
    """
    draft = parse(survey.draft)
    found = problems_for_publishing(draft)
    for version in _versions(session, survey):
        for pointer, sentences in changed_meaning(parse(version.document), draft).items():
            found.setdefault(pointer, sentences)
    for pointer, sentences in link_checks.problems(session, draft).items():
        found.setdefault(pointer, []).extend(sentences)
    return found


def publish(
    session: Session, survey: Survey, *, by: UUID | None = None, at: datetime | None = None
) -> SurveyVersion:
    """Makes the draft the next version and shows it at the survey's address.

    A draft equal to the newest version makes no new one: that version is live (again). `at` is for what was
    published elsewhere in the past. Two at once publish one after the other. Raises NotPublishable or
    SurveyArchived.
    """
    session.refresh(survey, with_for_update=True)
    if survey.archived_at is not None:
        raise SurveyArchived()
    found = problems(session, survey)
    if found:
        raise NotPublishable(problems=found)
    version = _newest(session, survey)
    if version is None or version.document != survey.draft:
        number = 1 if version is None else version.number + 1
        version = SurveyVersion(survey_id=survey.id, number=number, document=survey.draft, published_by=by)
        version.published_at = at or clock.now()
        session.add(version)
        session.flush()
    quotas.settle(session, survey, parse(version.document))
    if survey.live_version_id != version.id:
        survey.live_version_id = version.id
        survey.withdrawn_at = survey.withdrawn_by = None
        record(session, SurveyPublished(subject=survey.id, version=version.id))
        session.flush()
    return version


def withdraw(session: Session, survey: Survey, *, by: UUID | None = None, at: datetime | None = None) -> Survey:
    """Closes the survey: its address shows nothing and takes no answers. Doing it again does nothing.

    `at` is for what was withdrawn elsewhere in the past.
    """
    session.refresh(survey, with_for_update=True)
    if survey.live_version_id is not None:
        survey.live_version_id = None
        survey.withdrawn_at, survey.withdrawn_by = at or clock.now(), by
        record(session, SurveyWithdrawn(subject=survey.id))
        session.flush()
    return survey


unpublish = withdraw


def find_live(session: Session, address: str) -> Live | None:
    """The live version at a public address, compiled; None when there is none."""
    row = session.execute(
        select(Survey, SurveyVersion)
        .join(SurveyVersion, SurveyVersion.id == Survey.live_version_id)
        .where(Survey.address == address.replace("\x00", ""), Survey.archived_at.is_(None))
    ).one_or_none()
    return None if row is None else _live(row[0], row[1])


def find_version(session: Session, version_id: UUID) -> Live | None:
    """Any version, live or not, compiled: for a form that was opened before a newer one was published."""
    row = session.execute(
        select(Survey, SurveyVersion)
        .join(SurveyVersion, SurveyVersion.survey_id == Survey.id)
        .where(SurveyVersion.id == version_id)
    ).one_or_none()
    return None if row is None else _live(row[0], row[1])


def live_fingerprint(session: Session, address: str) -> str | None:
    """What stands at the address, in one cheap look: equal to `Live.fingerprint` as long as that may be shown."""
    row = session.execute(
        select(Survey.live_version_id, Survey.name).where(
            Survey.address == address.replace("\x00", ""), Survey.archived_at.is_(None)
        )
    ).one_or_none()
    return None if row is None or row[0] is None else _fingerprint(row[0], row[1])


def list_versions(
    session: Session, survey: Survey, *, before: int | None = None, limit: int | None = None
) -> list[SurveyVersion]:
    """The versions of the survey, newest first: all, or some of those with a number below `before`."""
    query = select(SurveyVersion).where(SurveyVersion.survey_id == survey.id)
    if before is not None:
        query = query.where(SurveyVersion.number < before)
    return list(session.scalars(query.order_by(SurveyVersion.number.desc()).limit(limit)))


def get_numbered_version(session: Session, survey: Survey, number: int) -> SurveyVersion:
    """The version of this survey with that number, or VersionNotFound."""
    version = session.scalar(
        select(SurveyVersion).where(SurveyVersion.survey_id == survey.id, SurveyVersion.number == number)
    )
    if version is None:
        raise VersionNotFound()
    return version


def get_version(session: Session, survey: Survey, version_id: UUID) -> SurveyVersion:
    """A version of this survey, or VersionNotFound."""
    version = session.scalar(
        select(SurveyVersion).where(SurveyVersion.id == version_id, SurveyVersion.survey_id == survey.id)
    )
    if version is None:
        raise VersionNotFound()
    return version


def count_versions(session: Session, survey: Survey) -> int:
    """How many versions were published."""
    return session.scalar(select(func.count()).where(SurveyVersion.survey_id == survey.id)) or 0


def has_unpublished_changes(session: Session, survey: Survey) -> bool:
    """Whether the draft differs from what was published last."""
    version = _newest(session, survey)
    return version is None or version.document != survey.draft


def _versions(session: Session, survey: Survey) -> list[SurveyVersion]:
    query = select(SurveyVersion).where(SurveyVersion.survey_id == survey.id).order_by(SurveyVersion.number)
    return list(session.scalars(query))


def _newest(session: Session, survey: Survey) -> SurveyVersion | None:
    query = select(SurveyVersion).where(SurveyVersion.survey_id == survey.id)
    return session.scalar(query.order_by(SurveyVersion.number.desc()).limit(1))


def _live(survey: Survey, version: SurveyVersion) -> Live:
    return Live(
        survey_id=survey.id,
        version_id=version.id,
        number=version.number,
        name=survey.name,
        address=survey.address,
        compiled=compile_survey(parse(version.document)),
        fingerprint=_fingerprint(version.id, survey.name),
    )


def _fingerprint(version_id: UUID, name: str) -> str:
    return f"{version_id.hex}:{name}"
