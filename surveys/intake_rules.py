"""What happens to a submission whose key was seen before, or that wants places of quotas.

Runs in one transaction, on locked rows: the response first, then its quotas in the order of their ids.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

import orjson
import psycopg

from infra.db.fast import Value
from infra.ids import new_id, unordered_id
from surveys.errors import CorrectionClosed, RevisionTaken, SubmissionKeyTaken, SurveyNotLive
from surveys.events import ResponseCorrected, ResponseFinished, ResponseScreened
from surveys.intake_statements import CORRECT, IS_LIVE, LOCK, OLD_FINGERPRINT, STORE
from surveys.quota_statements import ALONE, TAKE

Row = Sequence[str | None]
Run = Callable[[LiteralString, Sequence[Value]], Sequence[Row]]
"""Runs one statement with `$n` parameters and returns its rows as text."""

Result = Literal["stored", "repeated", "corrected", "kept"]
State = Literal["partial", "finished", "screened"]
STATES: Mapping[str, State] = {"partial": "partial", "finished": "finished", "screened": "screened"}
NO_QUOTAS: tuple[str, ...] = ()
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submission.

    `result`: `stored` (new, or the next partial save), `repeated` (a retry, nothing changed), `corrected`, or
    `kept` (a late or older partial save was ignored). `revision`, `state` and `ending` (the id of an ending, None
    for the usual one) are those of the response now.
    """

    response_id: UUID
    revision: int
    state: State
    result: Result
    ending: str | None = None

    @property
    def changed(self) -> bool:
        return self.result in ("stored", "corrected")


@dataclass(frozen=True, slots=True)
class Content:
    """A checked submission, ready for the database. `answers`, `texts`, `hidden` and `variables` are JSON.

    `quotas` are those it falls into, in order; `endings` says where each leads when it is full.
    """

    id: UUID
    survey_id: UUID
    version_id: UUID
    key: UUID
    revision: int
    fingerprint: str
    state: State
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
    hidden: str | None = None
    variables: str | None = None
    ending: str | None = None
    quotas: tuple[str, ...] = NO_QUOTAS
    endings: Mapping[str, str] = field(default_factory=dict)

    def screened_by(self, quota: str) -> "Content":
        """The same for who found that quota full."""
        return replace(self, state="screened", ending=self.endings.get(quota) or None, quotas=(quota,))

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
            self.hidden,
            self.variables,
            self.ending,
            _array(self.quotas) if self.quotas else None,
        )

    def correction(self, stored: "Stored") -> tuple[Value, ...]:
        """The parameters of CORRECT, with a fresh event: who was counted and who is now decides which."""
        before = "previous" if stored.state == "finished" else "unscreened"
        fact = {"survey": str(self.survey_id), "revision": self.revision, before: stored.revision}
        counted = ResponseCorrected if stored.state == "finished" else ResponseFinished
        kind = counted.kind if self.state == "finished" else ResponseScreened.kind
        return (
            stored.id,
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
            kind,
            self.state,
            self.hidden,
            self.variables,
            self.ending,
            _array(self.quotas) if self.quotas else None,
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
    state: State
    correctable: bool
    ending: str | None
    quotas: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The quotas of which it holds a place."""
        return self.quotas if self.state == "finished" else NO_QUOTAS

    def outcome(self, result: Result) -> Outcome:
        return Outcome(self.id, self.revision, self.state, result, self.ending)


def decide(run: Run, content: Content) -> Outcome:
    """Decides on a submission that STORE did not take, or that wants places. Raises what `intake.accept` names."""
    if content.quotas:
        run(ALONE, (content.key.int & _LARGEST,))
    stored = _lock(run, content)
    if stored is not None:
        return _decide_on(run, stored, content)
    found = _store(run, content)
    if found is not None:
        return found
    stored = _lock(run, content)
    if stored is None:
        raise SurveyNotLive()
    return _decide_on(run, stored, content)


def _decide_on(run: Run, stored: Stored, content: Content) -> Outcome:
    if stored.survey_id != content.survey_id:
        raise SubmissionKeyTaken()
    if stored.fingerprint == content.fingerprint:
        return stored.outcome("repeated")
    if content.state == "partial" and (stored.state != "partial" or content.revision < stored.revision):
        return stored.outcome("kept")
    if content.revision <= stored.revision:
        if _was_said_before(run, stored, content):
            return stored.outcome("repeated")
        raise RevisionTaken(revision=stored.revision)
    if stored.state == "partial":
        found = _store(run, content)
        if found is None:
            raise SurveyNotLive()
        return found
    return _correct(run, stored, content)


def _store(run: Run, content: Content) -> Outcome | None:
    """Takes its places and stores it. None, no place taken, when the survey is closed or the row came since."""
    settled = _with_places(run, content, NO_QUOTAS)
    rows = run(STORE, settled.values())
    if rows:
        return as_outcome(rows[0])
    if settled.quotas and settled.state == "finished":
        run(TAKE, (content.survey_id, _array(NO_QUOTAS), _array(settled.quotas)))
    return None


def _with_places(run: Run, content: Content, held: tuple[str, ...]) -> Content:
    """The content as it is stored: with its places taken and those `held` given back, or screened out."""
    if not content.quotas and not held:
        return content
    lacking = run(TAKE, (content.survey_id, _array(content.quotas), _array(held)))
    return content.screened_by(str(lacking[0][0])) if lacking else content


def _correct(run: Run, stored: Stored, content: Content) -> Outcome:
    if not run(IS_LIVE, (content.survey_id,)):
        raise SurveyNotLive()
    if not stored.correctable:
        raise CorrectionClosed()
    settled = _with_places(run, content, stored.places)
    return as_outcome(run(CORRECT, settled.correction(stored))[0])


def _was_said_before(run: Run, stored: Stored, content: Content) -> bool:
    """Whether this is a late retry of a revision that was corrected since."""
    rows = run(OLD_FINGERPRINT, (stored.id, content.revision))
    return bool(rows) and rows[0][0] == content.fingerprint


def _lock(run: Run, content: Content) -> Stored | None:
    rows = run(LOCK, (content.key, content.correction_minutes, content.moment))
    if not rows:
        return None
    row_id, survey_id, revision, fingerprint, state, ending, quotas, correctable = (v or "" for v in rows[0])
    return Stored(
        UUID(row_id),
        UUID(survey_id),
        int(revision),
        fingerprint,
        STATES[state],
        correctable == "true",
        ending or None,
        tuple(quotas.split()),
    )


def as_outcome(row: Row) -> Outcome:
    """The outcome in a row of STORE or CORRECT."""
    row_id, revision, state, result = (str(value) for value in row[:4])
    made: Result = "corrected" if result == "corrected" else "stored"
    return Outcome(UUID(row_id), int(revision), STATES[state], made, row[4])


def _array(ids: Sequence[str]) -> str:
    """Ids, which have no letters that mean anything there, as PostgreSQL writes arrays."""
    return "{" + ",".join(ids) + "}"


def raw_runner(connection: Any) -> Run:
    """Runs statements on a psycopg connection that has its scope."""
    cursor = psycopg.RawCursor(connection)

    def run(statement: LiteralString, values: Sequence[Value]) -> Sequence[Row]:
        cursor.execute(statement, values)
        return cursor.fetchall()

    return run
