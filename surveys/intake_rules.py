"""What happens to a submission whose key was seen before. Runs in one transaction, on a locked row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

import orjson
import psycopg

from infra.db.fast import Value
from infra.ids import new_id, unordered_id
from surveys.errors import CorrectionClosed, RevisionTaken, SubmissionKeyTaken, SurveyNotLive
from surveys.intake_statements import CORRECT, IS_LIVE, LOCK, OLD_FINGERPRINT, STORE

Row = Sequence[str | None]
Run = Callable[[LiteralString, Sequence[Value]], Sequence[Row]]
"""Runs one statement with `$n` parameters and returns its rows as text."""

Result = Literal["stored", "repeated", "corrected", "kept"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submission.

    `result`: `stored` (new, or the next partial save), `repeated` (a retry, nothing changed), `corrected`, or
    `kept` (a late or older partial save was ignored). `revision` and `state` are those of the response now.
    """

    response_id: UUID
    revision: int
    state: Literal["partial", "finished"]
    result: Result

    @property
    def changed(self) -> bool:
        return self.result in ("stored", "corrected")


@dataclass(frozen=True, slots=True)
class Content:
    """A checked submission, ready for the database. `answers` and `texts` are JSON."""

    id: UUID
    survey_id: UUID
    version_id: UUID
    key: UUID
    revision: int
    fingerprint: str
    state: Literal["partial", "finished"]
    source: str
    language: str
    answers: str
    texts: str
    nps: int | None
    csat: int | None
    ces: int | None
    started_at: datetime
    moment: datetime
    correction_minutes: int
    anonymous: bool = False

    def values(self) -> tuple[Value, ...]:
        """The parameters of STORE, with a fresh event."""
        fact = orjson.dumps({"survey": str(self.survey_id), "revision": self.revision}).decode()
        return (
            self.id,
            self.survey_id,
            self.version_id,
            self.key,
            self.revision,
            self.fingerprint,
            self.state,
            self.source,
            self.language,
            self.answers,
            self.texts,
            self.nps,
            self.csat,
            self.ces,
            self.started_at,
            self.moment,
            self._event_id(),
            fact,
        )

    def correction(self, response_id: UUID, previous: int) -> tuple[Value, ...]:
        """The parameters of CORRECT, with a fresh event."""
        fact = {"survey": str(self.survey_id), "revision": self.revision, "previous": previous}
        return (
            response_id,
            self.version_id,
            self.revision,
            self.fingerprint,
            self.language,
            self.answers,
            self.texts,
            self.nps,
            self.csat,
            self.ces,
            self._event_id(),
            self.moment,
            orjson.dumps(fact).decode(),
        )

    def _event_id(self) -> UUID:
        return unordered_id() if self.anonymous else new_id()


@dataclass(frozen=True, slots=True)
class Stored:
    """The response that has the key, locked."""

    id: UUID
    survey_id: UUID
    revision: int
    fingerprint: str
    state: Literal["partial", "finished"]
    correctable: bool

    def outcome(self, result: Result) -> Outcome:
        return Outcome(self.id, self.revision, self.state, result)


def decide(run: Run, content: Content) -> Outcome:
    """Decides on a submission that STORE did not take. Raises what `intake.accept` names."""
    stored = _lock(run, content)
    if stored is None:
        return _store_again(run, content)
    if stored.survey_id != content.survey_id:
        raise SubmissionKeyTaken()
    if stored.fingerprint == content.fingerprint:
        return stored.outcome("repeated")
    if content.state == "partial" and (stored.state == "finished" or content.revision < stored.revision):
        return stored.outcome("kept")
    if content.revision <= stored.revision:
        if _was_said_before(run, stored, content):
            return stored.outcome("repeated")
        raise RevisionTaken(revision=stored.revision)
    if stored.state == "partial":
        return _store_again(run, content)
    return _correct(run, stored, content)


def _store_again(run: Run, content: Content) -> Outcome:
    """The survey was closed when STORE looked, or the row went or came since: look once more, then say closed."""
    rows = run(STORE, content.values())
    if not rows:
        raise SurveyNotLive()
    return as_outcome(rows[0])


def _correct(run: Run, stored: Stored, content: Content) -> Outcome:
    if not run(IS_LIVE, (content.survey_id,)):
        raise SurveyNotLive()
    if not stored.correctable:
        raise CorrectionClosed()
    return as_outcome(run(CORRECT, content.correction(stored.id, stored.revision))[0])


def _was_said_before(run: Run, stored: Stored, content: Content) -> bool:
    """Whether this is a late retry of a revision that was corrected since."""
    rows = run(OLD_FINGERPRINT, (stored.id, content.revision))
    return bool(rows) and rows[0][0] == content.fingerprint


def _lock(run: Run, content: Content) -> Stored | None:
    rows = run(LOCK, (content.key, content.correction_minutes, content.moment))
    if not rows:
        return None
    row_id, survey_id, revision, fingerprint, state, correctable = (str(value) for value in rows[0])
    return Stored(
        UUID(row_id),
        UUID(survey_id),
        int(revision),
        fingerprint,
        "finished" if state == "finished" else "partial",
        correctable == "true",
    )


def as_outcome(row: Row) -> Outcome:
    """The outcome in a row of STORE or CORRECT."""
    row_id, revision, state, result = (str(value) for value in row)
    return Outcome(
        UUID(row_id),
        int(revision),
        "finished" if state == "finished" else "partial",
        "corrected" if result == "corrected" else "stored",
    )


def raw_runner(connection: Any) -> Run:
    """Runs statements on a psycopg connection that has its scope."""
    cursor = psycopg.RawCursor(connection)

    def run(statement: LiteralString, values: Sequence[Value]) -> Sequence[Row]:
        cursor.execute(statement, values)
        return cursor.fetchall()

    return run
