"""Taking in what was answered before: many responses at once, each with its own time.

For moving from another tool and for the demo. The answers pass the same checks as any others; what is written is
what the answer path and the dispatch together would have left behind, so every figure is exact at once. Nobody
else reacts: what happened long ago earns no points and opens no case today.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from infra.events import RecordedEvent
from infra.events.models import Event
from infra.ids import new_id
from surveys import rollups
from surveys.events import ResponseFinished
from surveys.intake import Submission, Target, content_of
from surveys.intake_rules import Content
from surveys.models import Response

KIND = ResponseFinished.kind
SAME = (
    *("id", "survey_id", "version_id", "revision", "fingerprint", "state", "source", "language"),
    *("nps", "csat", "ces", "started_at"),
)
"""Columns that a content has under the same name."""


def record_many(session: Session, target: Target, submissions: Sequence[Submission]) -> int:
    """Stores submissions that have their `at`, also of a survey that takes no answers any more.

    A key that is known already is passed over, so a broken import can be sent again; answers how many were new.
    Some hundred at a time is a good measure. Raises AnswersInvalid or SubmissionInvalid; then nothing is stored.
    """
    contents = [replace(content, id=_id_at(content.moment)) for content in _checked(target, submissions)]
    if not contents:
        return 0
    adding = upsert(Response).on_conflict_do_nothing(index_elements=["submission_key"]).returning(Response.id)
    added = set(session.scalars(adding, [_row(content) for content in contents]))
    finished = [content for content in contents if content.id in added and content.state == "finished"]
    if finished:
        _count(session, finished)
    return len(added)


def _checked(target: Target, submissions: Sequence[Submission]) -> Iterator[Content]:
    return (content_of(target, submission) for submission in submissions)


def _row(content: Content) -> dict[str, Any]:
    c = content
    return {
        **{name: getattr(c, name) for name in SAME},
        "submission_key": c.key,
        "answers": orjson.loads(c.answers),
        "texts": orjson.loads(c.texts),
        "updated_at": c.moment,
        "finished_at": c.moment if c.state == "finished" else None,
    }


def _count(session: Session, contents: Sequence[Content]) -> None:
    """The facts, as if they had been dispatched when they happened, and the one reaction that looks back."""
    facts = [
        RecordedEvent(new_id(), KIND, c.id, {"survey": str(c.survey_id), "revision": c.revision}, c.moment)
        for c in contents
    ]
    session.execute(
        insert(Event),
        [
            {
                "id": fact.id,
                "kind": fact.kind,
                "subject_id": fact.subject,
                "data": dict(fact.data),
                "occurred_at": fact.occurred_at,
                "dispatched_at": fact.occurred_at,
            }
            for fact in facts
        ],
    )
    rollups.count_responses(session, facts)


def _id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment (RFC 9562, 5.7), so that lists by id stand in the order of time."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))
