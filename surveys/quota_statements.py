"""The SQL of places: taken with an answer in one round trip, or step by step where that is not enough."""

from typing import LiteralString

COUNTED_FIRST: LiteralString = """
WITH wanted AS MATERIALIZED (
  SELECT quota_id, taken, places FROM survey_quotas
   WHERE survey_id = $2::uuid AND quota_id = ANY($22::text[]) ORDER BY quota_id FOR UPDATE
), room AS MATERIALIZED (
  SELECT 1 FROM wanted HAVING bool_and(taken < places) IS NOT FALSE
), moved AS (
  UPDATE survey_quotas q SET taken = q.taken + 1 FROM wanted w CROSS JOIN room
   WHERE q.survey_id = $2::uuid AND q.quota_id = w.quota_id RETURNING q.quota_id
), saved AS (
  INSERT INTO responses (id, survey_id, version_id, submission_key, revision, fingerprint, state, source,
    language, answers, texts, nps, csat, ces, started_at, updated_at, finished_at, hidden, variables, ending,
    quotas)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::int, $6::text, $7::text, $8::text, $9::text, $10::jsonb,
    $11::jsonb, $12::smallint, $13::smallint, $14::smallint, $15::timestamptz, $16::timestamptz, $16::timestamptz,
    $19::jsonb, $20::jsonb, $21::text, $22::text[]
    FROM surveys CROSS JOIN room WHERE id = $2::uuid AND live_version_id IS NOT NULL AND archived_at IS NULL
  ON CONFLICT (submission_key) DO NOTHING
  RETURNING id, revision, state, ending
), fact AS (
  INSERT INTO events (id, kind, subject_id, data, occurred_at)
  SELECT $17::uuid, 'surveys.response_finished', saved.id, $18::jsonb, $16::timestamptz FROM saved
)
SELECT saved.id::text, saved.revision::text, saved.state, 'stored', saved.ending
  FROM (SELECT count(*) AS places FROM moved) taken LEFT JOIN saved ON true
 WHERE 1 / CASE WHEN taken.places > 0 AND saved.id IS NULL THEN 0 ELSE 1 END = 1
"""
"""FIRST of a finished response that takes a place in each of the quotas $22, in one round trip.

A row without an id: some quota is full, and nothing was done. Places that were taken for a response which cannot be
stored (its form was sent twice at once, or the survey was closed) divide by zero, so that they are not taken. After
either `intake_rules.decide` looks closer. Rows are locked in the order of their ids, so that nobody waits in a
circle.
"""

COUNTED: LiteralString = """
WITH wanted AS MATERIALIZED (
  SELECT quota_id, taken, places FROM survey_quotas
   WHERE survey_id = $2::uuid AND quota_id = ANY($22::text[]) ORDER BY quota_id FOR UPDATE
), room AS MATERIALIZED (
  SELECT 1 FROM wanted HAVING bool_and(taken < places) IS NOT FALSE
), moved AS (
  UPDATE survey_quotas q SET taken = q.taken + 1 FROM wanted w CROSS JOIN room
   WHERE q.survey_id = $2::uuid AND q.quota_id = w.quota_id RETURNING q.quota_id
), saved AS (
  INSERT INTO responses AS r (id, survey_id, version_id, submission_key, revision, fingerprint, state, source,
    language, answers, texts, nps, csat, ces, started_at, updated_at, finished_at, hidden, variables, ending,
    quotas)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::int, $6::text, $7::text, $8::text, $9::text, $10::jsonb,
    $11::jsonb, $12::smallint, $13::smallint, $14::smallint, $15::timestamptz, $16::timestamptz, $16::timestamptz,
    $19::jsonb, $20::jsonb, $21::text, $22::text[]
    FROM surveys CROSS JOIN room WHERE id = $2::uuid AND live_version_id IS NOT NULL AND archived_at IS NULL
  ON CONFLICT (submission_key) DO UPDATE SET version_id = excluded.version_id, revision = excluded.revision,
    fingerprint = excluded.fingerprint, state = excluded.state, language = excluded.language,
    answers = excluded.answers, texts = excluded.texts, nps = excluded.nps, csat = excluded.csat,
    ces = excluded.ces, updated_at = excluded.updated_at, finished_at = excluded.finished_at,
    hidden = excluded.hidden, variables = excluded.variables, ending = excluded.ending, quotas = excluded.quotas
    WHERE r.survey_id = excluded.survey_id AND r.state = 'partial' AND r.revision < excluded.revision
  RETURNING r.id, r.revision, r.state, r.ending
), fact AS (
  INSERT INTO events (id, kind, subject_id, data, occurred_at)
  SELECT $17::uuid, 'surveys.response_finished', saved.id, $18::jsonb, $16::timestamptz FROM saved
)
SELECT saved.id::text, saved.revision::text, saved.state, 'stored', saved.ending
  FROM (SELECT count(*) AS places FROM moved) taken LEFT JOIN saved ON true
 WHERE 1 / CASE WHEN taken.places > 0 AND saved.id IS NULL THEN 0 ELSE 1 END = 1
"""
"""The same for STORE, which may go on with a partial response."""

ALONE: LiteralString = "SELECT pg_advisory_xact_lock($1::bigint)::text"
"""Lets one submission of a form want places at a time: one that holds places and waits for the row, and one that
holds the row and waits for places, would wait for each other."""

TAKE: LiteralString = """
WITH wanted AS MATERIALIZED (
  SELECT quota_id, taken, places FROM survey_quotas
   WHERE survey_id = $1::uuid AND quota_id = ANY($2::text[] || $3::text[]) ORDER BY quota_id FOR UPDATE
), lacking AS MATERIALIZED (
  SELECT min(quota_id) AS quota_id FROM wanted
   WHERE taken >= places AND quota_id = ANY($2::text[]) AND quota_id <> ALL($3::text[])
), moved AS (
  UPDATE survey_quotas q SET taken = q.taken + CASE WHEN q.quota_id = ANY($3::text[]) THEN -1 ELSE 1 END
    FROM wanted w CROSS JOIN lacking
   WHERE q.survey_id = $1::uuid AND q.quota_id = w.quota_id AND CASE WHEN lacking.quota_id IS NULL
     THEN (q.quota_id = ANY($2::text[])) <> (q.quota_id = ANY($3::text[])) ELSE q.quota_id = ANY($3::text[]) END
)
SELECT quota_id FROM lacking WHERE quota_id IS NOT NULL
"""
"""Takes a place in each of the quotas $2 and gives back those of $3, or, where one of $2 is full, only gives back
and answers which. Rows are locked in the order of their ids everywhere, so that nobody waits in a circle."""
