"""The audit log over 100,000 entries: its page, narrowed in every way, and its chain computed anew."""

import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import func, select

from infra import clock
from infra.db import TenantRef
from tenants.audit import jobs
from tenants.models import AuditEntry, StaffMember
from tests.bench import house
from tests.bench.house import House
from tests.bench.measures import scale
from tests.bench.rows import Row, at_most, info

ROWS = 100_000
INSERT = """
INSERT INTO audit_log (id, at, actor_kind, actor_id, action, subject_id, data)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
        || 'a' || substr(md5(n::text), 1, 15))::uuid,
    moment, 'staff', CASE n % 7 WHEN 0 THEN gen_random_uuid() ELSE %(member)s END,
    (ARRAY['staff.signed_in', 'staff.signed_out', 'survey.published', 'settings.zone_changed', 'api_key.created'])
        [1 + (n % 1000) / 240],
    gen_random_uuid(), '{"zone": "Europe/Vienna"}'
  FROM (SELECT n, %(now)s::timestamptz - (%(count)s - n) * interval '5 minutes' AS moment
          FROM generate_series(1, %(count)s) n) made
"""
"""A year of entries, one each five minutes; every kind from common to rare."""


def list_page_audit(here: House) -> Iterator[Row]:
    """The page of the audit log: the slowest of the ways to narrow it."""
    tenant = house.own_tenant(here.services, "bench-audit")
    member = logged(here, tenant)
    cookie = scale.signed_in(here, tenant)
    year_ago = f"{clock.now() - timedelta(days=300):%Y-%m-%d}"
    ways = {
        "": "",
        "category": "?category=settings",
        "kind": "?kind=api_key.created",
        "who": f"?who={member}",
        "period": f"?first={year_ago}&last={year_ago}",
        "none": "?kind=webhook.created",
    }
    with house.serving(here, "wsgi:app") as port:
        path, medians = "/console/settings/audit", []
        for name, narrowed in ways.items():
            scale.timed(here, port, tenant, path + narrowed, cookie)
            took = [scale.timed(here, port, tenant, path + narrowed, cookie) for _ in range(8 * here.rounds)]
            medians.append(median(took))
            yield info(f"list_page_audit {name}".strip(), medians[-1] * 1e3, "ms")
    yield at_most("list_page_audit", max(medians) * 1e3, "ms", 100)


def audit_chain(here: House) -> Iterator[Row]:
    """Computing a chain of 100,000 entries anew, and sealing one more."""
    tenant = house.own_tenant(here.services, "bench-audit")
    logged(here, tenant)
    begin = time.perf_counter()
    report = jobs.check(here.services.db, here.services.keys, tenant)
    yield info("audit_verify", report.entries / (time.perf_counter() - begin), "rows/s")
    if report.finding is not None or report.entries < ROWS:
        raise RuntimeError(f"the chain is not whole: {report}")


def logged(here: House, tenant: TenantRef) -> UUID:
    """A tenant with that many sealed entries; answers who did most of them."""
    with here.services.db.tenant_session(tenant) as session:
        there = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        member = session.scalar(select(StaffMember.id).order_by(StaffMember.id).limit(1))
    if member is None:
        scale.signed_in(here, tenant)
        return logged(here, tenant)
    if there < ROWS:
        with psycopg.connect(house.database_dsn(here)) as connection:
            connection.execute("SELECT set_config('search_path', %s, true)", [tenant.schema])
            values = {"member": member, "count": ROWS, "now": clock.now() - timedelta(minutes=10)}
            connection.execute(INSERT.replace(" % ", " %% "), values)
        jobs.seal_all(here.services.db, tenant)
        jobs.anchor(here.services.db, here.services.keys, tenant)
        with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(tenant.schema, "audit_log")))
    return member
