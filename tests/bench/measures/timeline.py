"""A customer's timeline of 10,000 entries: the first page, a deep one, a narrowed one, and the page in full."""

import time
from collections.abc import Callable, Iterator
from statistics import median
from uuid import UUID

import psycopg
from psycopg import sql

from customers import people, timeline
from customers.timeline import Narrowed
from infra.db import TenantRef
from infra.ids import new_id
from tenants.permissions import SYSTEM, Actor
from tests.bench import house, seed
from tests.bench.house import House
from tests.bench.measures import scale
from tests.bench.rows import Row, at_most, info
from web import registries

ENTRIES, OTHERS = 10_000, 200_000
READER = Actor("staff", None, frozenset({"customers.read", "responses.read"}))
CALLS = """
INSERT INTO interactions (id, person_id, company_id, channel, direction, at, summary, transcript,
    attachments, source, automatic, key, created_at, updated_at)
SELECT gen_random_uuid(), %(person)s, NULL, (ARRAY['call', 'email', 'chat', 'letter'])[1 + n %% 4],
    (ARRAY['in', 'out'])[1 + n %% 2], moment,
    'They asked when the beans come, and whether they may pay by invoice.',
    '[]', '[]', 'staff', false, %(mark)s || n, moment, moment
  FROM (SELECT n, now() - n * interval '37 minutes' AS moment FROM generate_series(1, %(count)s) n) made
"""
TASKS = """
INSERT INTO tasks (id, person_id, what, owner_id, due_at, source, state, outcome, key, created_at,
    updated_at, ended_at)
SELECT gen_random_uuid(), %(person)s, 'Call back about the beans', gen_random_uuid(), moment, 'rule', 'done',
    'reached', %(mark)s || n, moment, moment, moment + interval '3 hours'
  FROM (SELECT n, now() - n * interval '5 hours' AS moment FROM generate_series(1, %(count)s) n) made
"""


def timeline_10k(here: House) -> Iterator[Row]:
    """Reads in the product's session; beside the floor, an ordered read of ids alone along the index."""
    registries.compose()
    tenant = seed.tenants(here.services, 60)[-1]
    person_id = _filled(here, tenant)
    with here.services.db.tenant_session(tenant) as session:
        person = people.get(session, person_id)
        about = timeline.of_person(session, person)
        first = timeline.read(session, about, by=READER)
        deep = _deep(lambda after: timeline.read(session, about, by=READER, after=after, limit=200).next_cursor)

        def read(after: str | None = None, narrowed: Narrowed | None = None) -> Callable[[], object]:
            return lambda: timeline.read(session, about, by=READER, after=after, narrowed=narrowed)

        ways = {
            "first": read(),
            "deep": read(deep),
            "narrowed": read(narrowed=Narrowed(kind="interaction", channel="letter", direction="out")),
        }
        took = {name: _milliseconds(here, way) for name, way in ways.items()}
    if len(first.items) != timeline.PAGE:
        raise RuntimeError("the timeline is not as long as it should be")
    for name, found in took.items():
        yield info(f"timeline_{name}", found, "ms")
    yield info("timeline_floor", _floor(here, tenant, person_id), "ms")
    cookie = scale.signed_in(here, tenant)
    with house.serving(here, "wsgi:app") as port:
        path = f"/console/customers/{person_id}"
        scale.timed(here, port, tenant, path, cookie)
        whole = median(scale.timed(here, port, tenant, path, cookie) for _ in range(8 * here.rounds)) * 1e3
    yield info("timeline_page", whole, "ms")
    yield at_most("timeline", max(*took.values(), whole), "ms", 100)


def _filled(here: House, tenant: TenantRef) -> UUID:
    """A person of two merged ones with 10,000 entries, among 200,000 of others; made once and kept."""
    with here.services.db.tenant_session(tenant) as session:
        found = people.find_by_external_id(session, "bench-timeline")
        if found is not None:
            return found.id
        made = people.add(session, by=SYSTEM, name="Ann Bench", external_id="bench-timeline")
        double, other = people.add(session, by=SYSTEM, name="Anne Bench"), people.add(session, by=SYSTEM, name="Bo")
        ids = {"double": double.id, "other": other.id, "kept": made.id}
    rows = (
        (CALLS, ids["kept"], ENTRIES * 6 // 10),
        (CALLS, ids["double"], ENTRIES * 2 // 10),
        (TASKS, ids["kept"], ENTRIES // 10),
        (CALLS, ids["other"], OTHERS),
    )
    with psycopg.connect(house.database_dsn(here)) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(tenant.schema)))
        for statement, person, count in rows:
            connection.execute(statement, {"person": person, "count": count, "mark": f"bench:{new_id().hex}:"})
        connection.execute("UPDATE people SET merged_into = %s WHERE id = %s", (ids["kept"], ids["double"]))
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE interactions, tasks")
    return ids["kept"]


def _floor(here: House, tenant: TenantRef, person_id: UUID) -> float:
    """The newest ids of one person, read along the index by psycopg alone."""
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(tenant.schema)))
        query = "SELECT at, id FROM interactions WHERE person_id = %s ORDER BY at DESC, id DESC LIMIT 31"
        return _milliseconds(here, lambda: connection.execute(query, [person_id]).fetchall())


def _deep(following: Callable[[str | None], str | None]) -> str | None:
    """The cursor after some 9,000 entries."""
    after: str | None = None
    for _ in range(45):
        after = following(after)
    return after


def _milliseconds(here: House, call: Callable[[], object]) -> float:
    call()
    took = []
    for _ in range(8 * here.rounds):
        begin = time.perf_counter()
        call()
        took.append((time.perf_counter() - begin) * 1e3)
    return median(took)
