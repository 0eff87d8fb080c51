"""Taking in what was answered before: many responses at once, each with its own time.

For moving from another tool and for the demo. The answers pass the same checks as any others; what is written is
what the answer path and the dispatch together would have left behind, so every figure is exact at once. Nobody
else reacts: what happened long ago earns no points, opens no case and takes no place of a quota
today.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra.events import RecordedEvent
from infra.ids import new_id
from surveys import rollups
from surveys.events import ResponseFinished, ResponseScreened
from surveys.intake import Submission, Target, content_of
from surveys.intake_rules import Content

_STORE = text("""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(id uuid, survey_id uuid, version_id uuid,
    key uuid, revision int, fingerprint text, state text, source text, language text, answers jsonb, texts jsonb,
    nps smallint, csat smallint, ces smallint, started_at timestamptz, moment timestamptz, event_id uuid,
    hidden jsonb, variables jsonb, ending text)
), saved AS (
  INSERT INTO responses (id, survey_id, version_id, submission_key, revision, fingerprint, state, source, language,
    answers, texts, nps, csat, ces, started_at, updated_at, finished_at, hidden, variables, ending)
  SELECT id, survey_id, version_id, key, revision, fingerprint, state, source, language, answers, texts, nps, csat,
    ces, started_at, moment, CASE WHEN state <> 'partial' THEN moment END, hidden, variables, ending
    FROM given ORDER BY key
  ON CONFLICT (submission_key) DO NOTHING
  RETURNING id
), fact AS (
  INSERT INTO events (id, kind, subject_id, data, occurred_at, dispatched_at)
  SELECT event_id, 'surveys.response_' || state, id, jsonb_build_object('survey', survey_id, 'revision', revision),
    moment, moment FROM given JOIN saved USING (id) WHERE state <> 'partial'
)
SELECT id FROM saved
""")
"""All in one parameter: statements with thousands of placeholders cost more to write than to run."""


def record_many(session: Session, target: Target, submissions: Sequence[Submission]) -> int:
    """Stores submissions that have their `at`, also of a survey that takes no answers any more.

    A key that is known already is passed over, so a broken import can be sent again; answers how many were new.
    Some hundred at a time is a good measure. Raises AnswersInvalid or SubmissionInvalid; then nothing is stored.
    """
    contents = [replace(made, id=_id_at(made.moment)) for made in (content_of(target, one) for one in submissions)]
    facts = [_fact(content) for content in contents]
    rows = [_row(content, fact) for content, fact in zip(contents, facts, strict=True)]
    values = {"rows": orjson.dumps(rows).decode()}
    added = {UUID(str(found)) for found in session.scalars(_STORE, values)}
    counted = added & {content.id for content in contents if content.state != "partial"}
    news = [fact for fact in facts if fact.subject in counted]
    if news:
        rollups.count_responses(session, news)
    return len(added)


def _fact(content: Content) -> RecordedEvent:
    """The event of a response that came to its end, for the one reaction that looks back."""
    kind = ResponseScreened.kind if content.state == "screened" else ResponseFinished.kind
    data = {"survey": str(content.survey_id), "revision": content.revision}
    return RecordedEvent(new_id(), kind, content.id, data, content.moment)


def _row(content: Content, fact: RecordedEvent) -> dict[str, Any]:
    c = content
    return {
        **{"id": c.id, "survey_id": c.survey_id, "version_id": c.version_id, "key": c.key, "revision": c.revision},
        **{"fingerprint": c.fingerprint, "state": c.state, "source": c.source, "language": c.language},
        **{"answers": orjson.Fragment(c.answers), "texts": orjson.Fragment(c.texts)},
        **{"nps": c.nps, "csat": c.csat, "ces": c.ces, "started_at": c.started_at, "moment": c.moment},
        **{"hidden": _json(c.hidden), "variables": _json(c.variables), "ending": c.ending},
        "event_id": fact.id,
    }


def _json(made: str | None) -> orjson.Fragment | None:
    return None if made is None else orjson.Fragment(made)


def _id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment (RFC 9562, 5.7), so that lists by id stand in the order of time."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))
