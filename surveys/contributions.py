"""What responses add to the figures, as SQL; the one place where answers become counts.

A *fact* says that a revision of a response counts (+1) or no longer counts (-1), or that it was screened out. Its
*cells* are the keys of `response_rollups` with that sign: one for the response (and for one that was screened out
nothing else), one for each score, option and consent, and for several options, objects and texts one that somebody
answered. The JSON type alone tells how an answer counts: number, code, list of codes, boolean, or an object of
those, which counts by each of its parts under `q_7h3k2m.price`; texts stand apart. Facts add up in any order, so
that corrections and batches commute.
"""

from uuid import UUID

from sqlalchemy import CTE, Boolean, Date, Integer, String, Uuid, bindparam, column, text
from sqlalchemy.dialects.postgresql import ARRAY

from surveys.events import ResponseCorrected, ResponseFinished, ResponseScreened

_FACT = (
    column("response_id", Uuid),
    column("revision", Integer),
    column("sign", Integer),
    column("screened", Boolean),
)
_CELL = (
    column("survey_id", Uuid),
    column("version_id", Uuid),
    column("question_id", String),
    column("code", String),
    column("day", Date),
    column("language", String),
    column("count", Integer),
)

_CONTENT = (column("sign", Integer), column("survey_id", Uuid), column("day", Date))

_GIVEN = """
SELECT * FROM unnest(:response_ids, :revisions, :signs, :screened) AS given(response_id, revision, sign, screened)
"""

_OF_SURVEY = """
SELECT id AS response_id, revision, 1 AS sign, state = 'screened' AS screened
  FROM responses WHERE survey_id = :survey_id AND state <> 'partial'
"""

_TAIL = """
SELECT e.subject_id AS response_id, change.revision, change.sign, change.screened
  FROM (
    SELECT id, kind, subject_id, data FROM events
     WHERE dispatched_at IS NULL
       AND kind IN ('surveys.response_finished', 'surveys.response_corrected', 'surveys.response_screened')
    UNION ALL
    SELECT e.id, e.kind, e.subject_id, e.data FROM event_deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.reaction = :reaction
  ) e
  CROSS JOIN LATERAL (
    VALUES ((e.data->>'revision')::int, :sign, e.kind = 'surveys.response_screened'),
      ((e.data->>'previous')::int, -:sign, false), ((e.data->>'unscreened')::int, -:sign, true)
  ) AS change(revision, sign, screened)
 WHERE e.data->>'survey' = ANY(:surveys) AND change.revision IS NOT NULL
"""

_CONTENTS = """
SELECT f.sign, f.screened, r.survey_id, r.version_id, r.language,
       CASE WHEN f.screened THEN '{}' ELSE r.answers END AS answers,
       CASE WHEN f.screened THEN '{}' ELSE r.texts END AS texts,
       (r.finished_at AT TIME ZONE s.zone)::date AS day
  FROM facts f JOIN responses r ON r.id = f.response_id AND r.revision = f.revision
  JOIN surveys s ON s.id = r.survey_id
UNION ALL
SELECT f.sign, f.screened, r.survey_id, v.version_id, v.language,
       CASE WHEN f.screened THEN '{}' ELSE v.answers END, CASE WHEN f.screened THEN '{}' ELSE v.texts END,
       (r.finished_at AT TIME ZONE s.zone)::date
  FROM facts f JOIN response_revisions v ON v.response_id = f.response_id AND v.revision = f.revision
  JOIN responses r ON r.id = v.response_id JOIN surveys s ON s.id = r.survey_id
"""

_CELLS = """
SELECT survey_id, version_id, '' AS question_id, CASE WHEN screened THEN 'screened' ELSE '' END AS code, day,
       language, sign AS count FROM contents
UNION ALL
SELECT c.survey_id, c.version_id, a.key,
       CASE WHEN jsonb_typeof(a.value) IN ('array', 'object') THEN ''
         WHEN jsonb_typeof(a.value) = 'boolean' THEN CASE WHEN a.value = 'true' THEN 'yes' ELSE 'no' END
         ELSE a.value #>> '{}' END,
       c.day, c.language, c.sign
  FROM contents c CROSS JOIN LATERAL jsonb_each(c.answers) a
UNION ALL
SELECT c.survey_id, c.version_id, a.key, chosen.code, c.day, c.language, c.sign
  FROM contents c CROSS JOIN LATERAL jsonb_each(c.answers) a
  CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE '[]' END) AS chosen(code)
UNION ALL
SELECT c.survey_id, c.version_id, a.key || '.' || part.key, said.code, c.day, c.language, c.sign
  FROM contents c CROSS JOIN LATERAL jsonb_each(c.answers) a
  CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(a.value) WHEN 'object' THEN a.value ELSE '{}' END) AS part
  CROSS JOIN LATERAL (
    SELECT CASE jsonb_typeof(part.value) WHEN 'array' THEN '' ELSE part.value #>> '{}' END
    UNION ALL
    SELECT * FROM jsonb_array_elements_text(
      CASE jsonb_typeof(part.value) WHEN 'array' THEN part.value ELSE '[]' END)
  ) AS said(code)
UNION ALL
SELECT c.survey_id, c.version_id, t.key, '', c.day, c.language, c.sign
  FROM contents c CROSS JOIN LATERAL jsonb_object_keys(c.texts) AS t(key)
 WHERE NOT c.answers ? t.key
"""


def given_facts(response_ids: list[UUID], revisions: list[int], signs: list[int], screened: list[bool]) -> CTE:
    """These facts, side by side."""
    return (
        text(_GIVEN)
        .bindparams(
            bindparam("response_ids", response_ids, ARRAY(Uuid)),
            bindparam("revisions", revisions, ARRAY(Integer)),
            bindparam("signs", signs, ARRAY(Integer)),
            bindparam("screened", screened, ARRAY(Boolean)),
        )
        .columns(*_FACT)
        .cte("facts")
    )


def facts_of_survey(survey_id: UUID) -> CTE:
    """Every response that came to an end, as it is now: what the figures must add up to."""
    return text(_OF_SURVEY).bindparams(bindparam("survey_id", survey_id, Uuid)).columns(*_FACT).cte("facts")


def tail_facts(*survey_ids: UUID, sign: int = 1) -> CTE:
    """What was committed but is not in the rollups yet: events not dispatched, and deliveries still owed."""
    return (
        text(_TAIL)
        .bindparams(
            bindparam("surveys", [str(survey_id) for survey_id in survey_ids], ARRAY(String)),
            bindparam("reaction", ROLLUPS, String),
            bindparam("sign", sign, Integer),
        )
        .columns(*_FACT)
        .cte("facts")
    )


def cells(facts: CTE, name: str) -> CTE:
    """The cells of the facts, under the name; columns as in `response_rollups`, not yet added up."""
    contents = text(_CONTENTS).columns(*_CONTENT).add_cte(facts, nest_here=True).cte("contents")
    return text(_CELLS).columns(*_CELL).add_cte(contents, nest_here=True).cte(name)


KINDS = (ResponseFinished, ResponseCorrected, ResponseScreened)
"""The events whose reaction keeps the rollups."""

ROLLUPS = "surveys.rollups.count_responses"
"""The name of that reaction in `event_deliveries`."""

__all__ = ["KINDS", "ROLLUPS", "cells", "facts_of_survey", "given_facts", "tail_facts"]
