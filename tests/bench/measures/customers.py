"""The register with a million customers: its list narrowed in every way, and its search box.

The floor beside them is the time of the same page with nothing to count or to find: the list of a workspace that
has a handful of customers.
"""

import time
from collections.abc import Iterator, Mapping
from statistics import median
from urllib.parse import urlencode

from customers import people
from infra.db import TenantRef
from tenants.permissions import SYSTEM
from tests.bench import crowd, house, seed
from tests.bench.house import House
from tests.bench.measures import scale
from tests.bench.rows import Row, info

MOST = 300
"""Milliseconds."""
PATH = "/console/customers"

LISTS: Mapping[str, Mapping[str, str]] = {
    "all": {},
    "by contact": {"order": "contact"},
    "language": {"language": "fr"},
    "no such language": {"language": "sq"},
    "tier": {"a.tier": "gold"},
    "rare attribute": {"a.vip": "yes"},
    "no such value": {"a.city": "Nowhere"},
    "not for a year": {"contact": "beyond:365", "order": "contact"},
    "detractors": {"score": "detractors"},
    "two at once": {"language": "fr", "a.tier": "gold", "contact": "within:30"},
    "company": {"company": ""},
}
SEARCHES: Mapping[str, str] = {
    "common beginning": "ma",
    "first name": "anna",
    "both names": "anna mül",
    "rare name": crowd.RARE_FIRST,
    "nobody": "xylophon",
    "e-mail": crowd.address(crowd.READABLE + 7),
    "phone": "+49 30 23125 000",
    "external id": "K-500000",
}


def customer_list(here: House) -> Iterator[Row]:
    """The page of the list: the slowest of the ways to narrow it."""
    tenant = crowd.million(here)
    with here.services.db.tenant_session(tenant) as session:
        company = next(row.company_id for row in people.list_people(session, limit=200).items if row.company_id)
    asked = {name: {part: value or str(company) for part, value in parts.items()} for name, parts in LISTS.items()}
    yield from _pages(here, "customer_list", tenant, asked)


def customer_search(here: House) -> Iterator[Row]:
    """The same page for what is typed into its search box."""
    asked = {name: {"q": words} for name, words in SEARCHES.items()}
    yield from _pages(here, "customer_search", crowd.million(here), asked)


def _pages(here: House, measure: str, tenant: TenantRef, asked: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    few = _few(here)
    cookie, other = scale.signed_in(here, tenant), scale.signed_in(here, few)
    with house.serving(here, "wsgi:app") as port:
        medians, floor = [], median(_times(here, port, few, PATH, other))
        for name, parts in asked.items():
            took = _times(here, port, tenant, f"{PATH}?{urlencode(parts)}", cookie)
            medians.append(median(took))
            yield info(f"{measure} {name}", medians[-1] * 1e3, "ms")
    slowest = max(medians) * 1e3
    yield Row(measure, slowest, "ms", floor * 1e3, slowest / floor / 1e3, f"≤ {MOST} ms", slowest <= MOST)


def _times(here: House, port: int, tenant: TenantRef, path: str, cookie: str) -> list[float]:
    """Seconds of single requests, after one that does not count."""
    scale.timed(here, port, tenant, path, cookie)
    return [scale.timed(here, port, tenant, path, cookie) for _ in range(4 * here.rounds)]


def _few(here: House) -> TenantRef:
    """A workspace with a handful of customers."""
    tenant = seed.tenants(here.services, 1)[0]
    with here.services.db.tenant_session(tenant) as session:
        if not people.count_people(session, most=5):
            for number in range(5):
                people.add(session, by=SYSTEM, name=f"Person {number} {time.time_ns()}")
    return tenant
