"""Taking answers in: one set of rules behind two doors.

`accept` is the public page's door, raw psycopg beside the ORM, one round trip for an ordinary answer (the share of
SQLAlchemy would be too dear there). `submit` takes the same way through a Session, for the API, imports and tests.

The rules, decided by constraints and conditions in SQL so that two at once cannot break them:
- the same key and revision with the same content is a retry and has the same outcome;
- a higher revision of a finished response is a correction: what it said before is kept, and allowed only for the
  minutes the definition names;
- a partial save never changes a finished response, however late it comes;
- a key belongs to one survey; a survey that is not live takes nothing, only retries are answered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg.errors import DeadlockDetected, DivisionByZero
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef, fast
from infra.errors import Unavailable
from infra.events import signal
from infra.events.signals import signal_after_commit
from infra.ids import new_id, unordered_id
from surveys.answers import Checked, CompiledSurvey, normalise
from surveys.errors import AnswersInvalid, SubmissionInvalid
from surveys.intake_rules import Content, Outcome, Row, Run, State, as_outcome, decide, raw_runner
from surveys.intake_statements import FIRST, STORE
from surveys.logic import seed_of
from surveys.publishing import Live
from surveys.quota_statements import COUNTED, COUNTED_FIRST
from surveys.wording import N_, Sentence

Source = Literal["link", "api", "widget", "import"]

MAX_REVISION = 1_000_000
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Target:
    """The version that is answered. `Target.of(live)`, or made from what a process keeps."""

    survey_id: UUID
    version_id: UUID
    compiled: CompiledSurvey

    @classmethod
    def of(cls, live: Live) -> "Target":
        return cls(live.survey_id, live.version_id, live.compiled)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a respondent sends. `answers` is raw, as `surveys.answers.normalise` takes it.

    `started_at` is when the form was opened; `at` is for imports of answers given in the past.
    """

    key: UUID
    revision: int
    language: str
    answers: Mapping[str, Any]
    finished: bool = True
    source: Source = "link"
    started_at: datetime | None = None
    at: datetime | None = None
    anonymous: bool = False
    """Ids that tell no order; `at` holds the day only (`surveys.known.without_trace`)."""


def accept(databases: Databases, tenant: TenantRef, target: Target, submission: Submission) -> Outcome:
    """Stores a submission in a transaction of its own, committed when this returns.

    Raises AnswersInvalid, SubmissionInvalid, SubmissionKeyTaken, RevisionTaken, CorrectionClosed, SurveyNotLive,
    Unavailable. After Unavailable the same submission may be sent again.
    """
    content = content_of(target, submission)
    rows = _store_alone(databases, tenant, content)
    if rows:
        outcome = as_outcome(rows[0])
    else:
        outcome = _look_closer(databases, tenant, content)
    if outcome.changed and outcome.state != "partial":
        signal(tenant.id)
    return outcome


def _look_closer(databases: Databases, tenant: TenantRef, content: Content) -> Outcome:
    """In a transaction; once more where another of the same form locked what it wants in another order."""
    for left in reversed(range(ATTEMPTS)):
        try:
            with fast.transaction(databases, tenant) as connection:
                return decide(raw_runner(connection), content)
        except DeadlockDetected as problem:
            if not left:
                raise Unavailable() from problem
    raise AssertionError("the last attempt returns or raises")


def _store_alone(databases: Databases, tenant: TenantRef, content: Content) -> Sequence[Row]:
    """In one round trip; no row for what has to be looked at more closely."""
    if not content.quotas:
        return fast.once(databases, tenant, FIRST if content.revision == 1 else STORE, *content.values())
    try:
        statement = COUNTED_FIRST if content.revision == 1 else COUNTED
        rows = fast.once(databases, tenant, statement, *content.values())
    except (DivisionByZero, DeadlockDetected):
        return ()
    return [row for row in rows if row[0] is not None]


def submit(session: Session, target: Target, submission: Submission) -> Outcome:
    """The same as `accept`, in the session's transaction."""
    content = content_of(target, submission)
    session.flush()
    run = _session_runner(session)
    rows = () if content.quotas else run(STORE, content.values())
    outcome = as_outcome(rows[0]) if rows else decide(run, content)
    if outcome.changed:
        session.expire_all()
        if outcome.state != "partial":
            signal_after_commit(session)
    return outcome


def check(target: Target, submission: Submission) -> Checked:
    """The checked answers. Raises AnswersInvalid or SubmissionInvalid; stores nothing."""
    definition = target.compiled.definition
    if submission.language not in definition.languages:
        raise SubmissionInvalid(problems={"language": [Sentence(N_("The survey does not have this language."))]})
    if not 1 <= submission.revision <= MAX_REVISION:
        raise SubmissionInvalid(problems={"revision": [Sentence(N_("The revision must be a small whole number."))]})
    checked = normalise(
        target.compiled,
        submission.answers,
        submission.language,
        finished=submission.finished,
        seed=seed_of(submission.key) if target.compiled.shuffles else None,
    )
    if checked.problems:
        raise AnswersInvalid(problems=checked.problems)
    return checked


def content_of(target: Target, submission: Submission) -> Content:
    """The checked submission as it is stored. Raises as `check` does."""
    checked = check(target, submission)
    moment = submission.at or clock.now()
    answers, texts = orjson.dumps(checked.answers), orjson.dumps(checked.texts)
    concluded = _concluded(target.compiled, checked, submission)
    hidden = concluded.get("hidden")
    parts = ("finished" if submission.finished else "partial", target.version_id.hex, submission.language)
    digest = hashlib.sha256("\n".join(parts).encode())
    digest.update(answers)
    digest.update(texts)
    if hidden:
        digest.update(hidden.encode())
    return Content(
        id=unordered_id() if submission.anonymous else new_id(),
        survey_id=target.survey_id,
        version_id=target.version_id,
        key=submission.key,
        revision=submission.revision,
        fingerprint=digest.hexdigest(),
        state=_state(target.compiled, checked, submission),
        source=submission.source,
        language=submission.language,
        answers=answers.decode(),
        texts=texts.decode(),
        nps=checked.nps,
        csat=checked.csat,
        ces=checked.ces,
        started_at=min(submission.started_at or moment, moment),
        moment=moment,
        anonymous=submission.anonymous,
        correction_minutes=target.compiled.definition.correction_minutes,
        **concluded,
    )


def _state(survey: CompiledSurvey, checked: Checked, submission: Submission) -> State:
    """Finished or not; screened for who came to an ending that does not count."""
    if not submission.finished:
        return "partial"
    return "screened" if checked.ending in survey.screening else "finished"


def _concluded(survey: CompiledSurvey, checked: Checked, submission: Submission) -> dict[str, Any]:
    """What is stored beside the answers, as fields of a Content; nothing for a survey that has nothing beside them.

    Of an anonymous answer neither what the link brought along nor what follows from it: either may say who it was.
    """
    if not survey.concludes and checked.ending is None:
        return {}
    brings = bool(survey.definition.hidden) and submission.anonymous
    counts = submission.finished and checked.ending not in survey.screening
    return {
        "hidden": None if brings or not checked.hidden else orjson.dumps(checked.hidden).decode(),
        "variables": None if brings or not checked.values else orjson.dumps(checked.values).decode(),
        "ending": checked.ending if submission.finished else None,
        "quotas": checked.quotas if counts else (),
        "endings": survey.full_endings,
    }


def _session_runner(session: Session) -> Run:
    connection = session.connection().connection.driver_connection
    return raw_runner(connection)


__all__ = ["Outcome", "Source", "Submission", "Target", "accept", "check", "content_of", "submit"]
