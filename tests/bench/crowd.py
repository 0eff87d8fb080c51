"""A tenant with a million customers, kept between runs, for every measure that needs many.

Rows are narrow and made by the database; blind words of all names are real, made once for each first and last name
and put together by SQL. Every SAMPLEth has a real address. Names and addresses can be read of the newest READABLE,
which is whom pages show; the others are ciphertexts nobody asks for, so they are left out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from tenants import provisioning
from tenants.models import Tenant
from tenants.permissions import SYSTEM
from tests.bench import house
from tests.bench.house import House
from web.demo.texts.names import FIRST, LAST

PEOPLE = 1_000_000
COMPANIES = 2_000
SAMPLE = 1_000
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
INDEXES = ("ix_identities_name_index", "ix_identities_email_index")


def million(here: House) -> TenantRef:
    """The tenant with everybody in it."""
    tenant = _tenant(here)
    with here.services.db.tenant_session(tenant) as session:
        query = select(func.count()).where(Identity.name.is_not(None))
        is_whole = (session.scalar(query) or 0) >= READABLE
    if not is_whole:
        _fill(here, tenant)
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
        connection.execute("TRUNCATE people, identities, companies CASCADE")
        firsts, lasts = [RARE_FIRST, *sorted({*FIRST["de"], *FIRST["en"]})], sorted({*LAST["de"], *LAST["en"]})
        _words(connection, keys, "first_words", firsts, 0)
        _words(connection, keys, "last_words", lasts, 1)
        values = {"companies": COMPANIES, "people": PEOPLE, "firsts": len(firsts) - 1, "lasts": len(lasts)}
        connection.execute(INSERT_COMPANIES, values)
        connection.execute(INSERT_PEOPLE, values)
        with _later(connection, tenant):
            connection.execute(INSERT_IDENTITIES, values)
    _make_real(here, tenant, keys)
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        for table in ("people", "identities", "companies"):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(tenant.schema, table)))


def _words(connection: Connection, keys: TenantKeys, table: str, names: Sequence[str], begin: int) -> None:
    """A table of names by number with their blind words."""
    name = sql.Identifier(table)
    connection.execute(sql.SQL("CREATE TEMP TABLE {} (n int, words bytea[]) ON COMMIT DROP").format(name))
    rows = [(begin + n, blind_of(keys, "name", each)) for n, each in enumerate(names)]
    connection.cursor().executemany(sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(name), rows)


@contextmanager
def _later(connection: Connection, tenant: TenantRef) -> Iterator[None]:
    """Indexes are made after the rows, which is faster."""
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND indexname = ANY(%s)"
    kept = connection.execute(query, [tenant.schema, list(INDEXES)]).fetchall()
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
        for number in range(SAMPLE):
            found = select(Person.id).where(Person.external_id == f"K-{(number + 1) * 900}").scalar_subquery()
            index = blind_of(keys, "email", address(number + READABLE))
            session.execute(update(Identity).where(Identity.id == found).values(email_index=index))


def _tenant(here: House) -> TenantRef:
    """A tenant of its own, kept between runs: other measures leave it alone."""
    services, slug = here.services, "bench-customers"
    with services.db.control_session() as session:
        row = session.execute(select(Tenant.id, Tenant.cell).where(Tenant.slug == slug)).one_or_none()
    if row is not None:
        return TenantRef(row.id, slug, row.cell)
    provisioning.make_spare(services.db, services.keys, "default")
    return provisioning.open_tenant(services.db, slug, "Bench", actor="bench", prepare=lambda session: None)
