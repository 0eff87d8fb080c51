"""100,000 customers from a CSV file: how long the import takes, and what the worker grows by meanwhile."""

import io
import resource
import time
from collections.abc import Iterator

from customers import people
from customers.imports import files, verbs
from infra.db import TenantRef
from infra.ids import new_id
from infra.long_jobs import running
from tenants.permissions import SYSTEM, Actor, of_role
from tests.bench import house
from tests.bench.house import House
from tests.bench.rows import Row, at_most, info

ROWS = 100_000
ADMIN = Actor("staff", None, of_role("admin"))
HEADINGS = "Kundennummer;Vorname;Nachname;E-Mail;Telefon;Firma;Sprache;Ort"
FIRST = ("Anna", "Jörg", "Zoé", "Mehmet", "Ewa", "Luca", "Søren", "Inés")
LAST = ("Müller", "Meyer", "Roux", "Yılmaz", "Nowak", "Rossi", "Hansen", "García")


def customer_import(here: House) -> Iterator[Row]:
    """The check and the import, as the worker does them."""
    services, tenant = here.services, house.own_tenant(here.services, "bench-import")
    count = ROWS if here.rounds > 1 else ROWS // 20
    run = new_id().hex[-8:]
    with files.kept(io.BytesIO(_content(count, run))) as path:
        key, form, headings = files.receive(services.storage, tenant, path)
    with services.db.tenant_session(tenant) as session:
        made = verbs.begin(session, key, form, headings, filename="bench.csv", by=SYSTEM)
        job = verbs.choose(session, made, made.mapping, policy="update", by=ADMIN).id
    before = _peak()
    took = _timed(here, tenant, job)
    yield info("customer_import check", took, "s")
    with services.db.tenant_session(tenant) as session:
        job = verbs.start(session, verbs.get(session, made.id), by=ADMIN).id
    took = _timed(here, tenant, job)
    with services.db.tenant_session(tenant) as session:
        added = verbs.get(session, made.id).counts["added"]
        there = people.find_by_external_id(session, f"{run}-{count - 1}")
    if added != count or there is None:
        raise RuntimeError(f"{added} of {count} were imported")
    yield info("customer_import rate", count / took, "rows/s")
    yield at_most("customer_import", took * ROWS / count, "s", 60)
    yield at_most("customer_import memory", _peak() - before, "MB", 200)


def _timed(here: House, tenant: TenantRef, job: object) -> float:
    begin = time.perf_counter()
    running.run(here.services, tenant, long_job=str(job))
    return time.perf_counter() - begin


def _content(count: int, run: str) -> bytes:
    lines = [HEADINGS]
    for n in range(count):
        first, last = FIRST[n % 8], LAST[n // 8 % 8]
        phone = f"+49 30 {n:08d}"
        lines.append(f"{run}-{n};{first};{last} {n};p{n}.{run}@example.org;{phone};Firma {n % 500};de;Köln")
    return "\n".join(lines).encode()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
