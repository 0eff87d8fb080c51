"""A tenant with a million customers, kept between runs, for every measure that needs many.

Rows are narrow and made by the database, without indexes, which are made at the end; blind words of all names are
real, made once for each first and last name and put together by SQL. Every SAMPLEth has a real address. Names and
addresses can be read of the newest READABLE, which is whom pages show; the others are ciphertexts nobody asks for,
so they are left out. A third gave consent, some took it back, a third was written to, and MERGED turned out to be
somebody else. A comment on the table says which version of this file made it, once it is whole.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import Connection, sql
from sqlalchemy import func, select, update

from customers import attributes
from customers.models import Attribute, Identity, Person
from infra.crypto.columns import protect
from infra.crypto.declared import blind_of
from infra.crypto.keys import TenantKeys
from infra.db import TenantRef
from tenants.permissions import SYSTEM
from tests.bench import house
from tests.bench.house import House
from web.demo.texts.names import FIRST, LAST

PEOPLE = 1_000_000
COMPANIES = 2_000
SAMPLE = 1_000
MERGED = 1_000
READABLE = 500
RARE_FIRST = "Quirin"
"""The first name of SAMPLE / 10 people only."""
DECLARED = (("tier", "choice"), ("visits", "number"), ("vip", "boolean"), ("city", "text"))

INSERT_COMPANIES = """
INSERT INTO companies (id, name, attributes, created_at, updated_at)
SELECT md5('company ' || n)::uuid, 'Company ' || n, '{}', now(), now() FROM generate_series(1, %(companies)s) n
"""
INSERT_PEOPLE = """
INSERT INTO people (id, external_id, company_id, language, zone, attributes, nps, csat, scored_at, last_contact_at,
    source, created_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n & 4095), 3, '0')
        || 'a' || substr(md5(n::text), 1, 15))::uuid,
    'K-' || n, CASE WHEN n & 7 = 0 THEN md5('company ' || (1 + n / 8 & 1023))::uuid END,
    (ARRAY['de', 'de', 'de', 'en', 'en', 'fr', NULL])[1 + mod(n, 7)], 'Europe/Berlin',
    jsonb_build_object('tier', (ARRAY['guest', 'guest', 'guest', 'regular', 'gold'])[1 + mod(n, 5)],
        'visits', n & 63, 'vip', mod(n, 20000) = 0, 'city', 'City ' || (n & 255)),
    CASE WHEN n & 3 = 0 THEN (n / 4 & 15) - CASE WHEN n / 4 & 15 > 10 THEN 5 ELSE 0 END END,
    CASE WHEN n & 7 = 0 THEN 1 + (n / 8 & 3) END,
    CASE WHEN n & 3 = 0 THEN moment + interval '1 day' END,
    CASE WHEN n & 15 > 0 THEN moment + (now() - moment) * (n & 1023) / 1024.0 END,
    (ARRAY['import', 'import', 'api', 'staff'])[1 + (n & 3)], moment, moment
  FROM (SELECT n, now() - (%(people)s - n) * interval '60 seconds' AS moment
          FROM generate_series(1, %(people)s) n) made
"""
INSERT_IDENTITIES = """
INSERT INTO identities (id, name_index, email_index)
SELECT p.id, f.words || l.words, sha256(convert_to(p.external_id, 'UTF8'))
  FROM (SELECT id, external_id, row_number() OVER (ORDER BY id) AS n FROM people) p
  JOIN first_words f ON f.n = CASE WHEN mod(p.n, 10000) = 77 THEN 0 ELSE 1 + mod(abs(hashint8(p.n)), %(firsts)s) END
  JOIN last_words l ON l.n = 1 + mod(abs(hashint8(p.n * 31)), %(lasts)s)
"""
UPDATE_MERGED = """
UPDATE people SET merged_into = other.id, updated_at = now() FROM people other
 WHERE people.external_id = ANY(%(merged)s) AND other.external_id = 'K-' || substr(people.external_id, 3)::int + 1
"""
INSERT_CONSENTS = """
INSERT INTO consents (id, person_id, purpose, channel, topic, state, source, guardian_confirmed, at, created_at)
SELECT gen_random_uuid(), id, 'news', 'email', '', 'given', 'import', false, created_at, created_at
  FROM people WHERE mod(substr(external_id, 3)::int, 3) = 0
UNION ALL
SELECT gen_random_uuid(), id, 'news', 'email', '', 'withdrawn', 'link', false, created_at + interval '9 days', now()
  FROM people WHERE mod(substr(external_id, 3)::int, 24) = 0
"""
INSERT_CONTACTS = """
INSERT INTO contacts (id, person_id, purpose, letter, channel, topic, ref_id, key, reminder, state, due_at,
    created_at)
SELECT gen_random_uuid(), id, 'news', 'news', 'email', '', id, external_id, false, 'requested', moment, moment
  FROM (SELECT id, external_id, now() - mod(abs(hashtext(external_id)), 120) * interval '1 day' AS moment
          FROM people WHERE mod(substr(external_id, 3)::int, 10) < 3) made
"""
TABLES = ("people", "identities", "companies", "consents", "contacts")


def million(here: House) -> TenantRef:
    """The tenant with everybody in it."""
    tenant = house.own_tenant(here.services, "bench-customers")
    made = "crowd " + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    with psycopg.connect(house.database_dsn(here)) as connection:
        people = f"{tenant.schema}.people"
        row = connection.execute("SELECT obj_description(%s::regclass, 'pg_class')", [people]).fetchone()
    if row != (made,):
        _fill(here, tenant)
        with psycopg.connect(house.database_dsn(here)) as connection:
            name = sql.Identifier(tenant.schema, "people")
            connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(made)))
    return tenant


def address(number: int) -> str:
    """The address of a sampled customer."""
    return f"person{number}@example.org"


def _fill(here: House, tenant: TenantRef) -> None:
    keys = here.services.keys.for_tenant(tenant)
    with here.services.db.tenant_session(tenant) as session:
        if not session.scalar(select(func.count()).select_from(Attribute)):
            for code, kind in DECLARED:
                options = ["Guest", "Regular", "Gold"] if kind == "choice" else []
                attributes.declare(
                    session, by=SYSTEM, subject="person", label=code.title(), code=code, type=kind, options=options
                )
    with psycopg.connect(house.database_dsn(here)) as connection:
        connection.execute("SELECT set_config('search_path', %s, true)", [tenant.schema])
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute(
            "SET LOCAL session_replication_role = replica"
        )  # a foreign key would be looked up for each
        connection.execute("TRUNCATE people, identities, companies, consents, contacts CASCADE")
        firsts, lasts = [RARE_FIRST, *sorted({*FIRST["de"], *FIRST["en"]})], sorted({*LAST["de"], *LAST["en"]})
        _words(connection, keys, "first_words", firsts, 0)
        _words(connection, keys, "last_words", lasts, 1)
        values = {"companies": COMPANIES, "people": PEOPLE, "firsts": len(firsts) - 1, "lasts": len(lasts)}
        with _later(connection, tenant):
            for statement in (INSERT_COMPANIES, INSERT_PEOPLE, INSERT_IDENTITIES, INSERT_CONSENTS, INSERT_CONTACTS):
                connection.execute(statement, values)
        merged = [f"K-{1 + number * 960}" for number in range(MERGED)]
        connection.execute("ANALYZE people")
        connection.execute(UPDATE_MERGED, {"merged": merged})
    _make_real(here, tenant, keys)
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        for table in TABLES:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(tenant.schema, table)))


def _words(connection: Connection, keys: TenantKeys, table: str, names: Sequence[str], begin: int) -> None:
    """A table of names by number with their blind words."""
    name = sql.Identifier(table)
    connection.execute(sql.SQL("CREATE TEMP TABLE {} (n int, words bytea[]) ON COMMIT DROP").format(name))
    rows = [(begin + n, blind_of(keys, "name", each)) for n, each in enumerate(names)]
    connection.cursor().executemany(sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(name), rows)


@contextmanager
def _later(connection: Connection, tenant: TenantRef) -> Iterator[None]:
    """Indexes are made after the rows, which is faster. Those of constraints stay."""
    query = """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = ANY(%s)
           AND indexname NOT IN (SELECT conname FROM pg_constraint)
    """
    kept = connection.execute(query, [tenant.schema, list(TABLES)]).fetchall()
    for name, _ in kept:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(tenant.schema, name)))
    yield
    for _, definition in kept:
        connection.execute(definition)


def _make_real(here: House, tenant: TenantRef, keys: TenantKeys) -> None:
    """Names and addresses of the newest, and addresses to find every SAMPLEth by."""
    with here.services.db.tenant_session(tenant) as session:
        newest: list[UUID] = [*session.scalars(select(Person.id).order_by(Person.id.desc()).limit(READABLE))]
        here.services.keys.create_people(tenant, newest)
        keys.prefetch(newest)
        rows = [
            protect(Identity, keys, {"id": each, "name": f"{RARE_FIRST} Sample{n}", "email": address(n)})
            for n, each in enumerate(newest)
        ]
        session.execute(update(Identity), rows)
        sampled = [f"K-{(number + 1) * 900}" for number in range(SAMPLE)]
        found = select(Person.external_id, Person.id).where(Person.external_id.in_(sampled))
        ids = {row.external_id: row.id for row in session.execute(found.where(Person.merged_into.is_(None)))}
        indexes = {
            ids[code]: blind_of(keys, "email", address(number + READABLE))
            for number, code in enumerate(sampled)
            if code in ids
        }
        rows = [{"id": each, "email_index": index} for each, index in indexes.items()]
        session.execute(update(Identity), rows)
