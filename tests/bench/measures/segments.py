"""Segments over a million customers: how long one waits for the count while a rule is built.

The floor beside it is the least that has to be done: one look at every row, with nothing asked of it.
"""

import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from sqlalchemy import func, select

from customers.models import Person
from customers.segments import counting, verbs
from customers.segments.rules import Group
from infra.db import TenantRef
from tests.bench import crowd
from tests.bench.house import House
from tests.bench.rows import Row, info
from web import registries

MOST = 300
"""Milliseconds."""


def _asks(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


GOLD = _asks("attributes.tier", "any_of", ["gold"])
RULES: Mapping[str, Mapping[str, Any]] = {
    "five conditions": {
        "match": "all",
        "conditions": [
            GOLD,
            _asks("nps", "at_least", 7),
            _asks("last_contact_at", "within", 365),
            _asks("language", "none_of", ["fr"]),
            _asks("attributes.vip", "not_empty"),
        ],
    },
    "five that many fit": {
        "match": "all",
        "conditions": [
            _asks("attributes.tier", "none_of", ["gold"]),
            _asks("nps_band", "none_of", ["detractors"]),
            _asks("last_contact_at", "beyond", 30),
            _asks("language", "any_of", ["de", "en", "fr"]),
            _asks("created_at", "after", "2000-01-01"),
        ],
    },
    "consent and messages": {
        "match": "all",
        "conditions": [
            _asks("consent.news", "any_of", ["given"]),
            _asks("contacts.any", "beyond", 30),
            _asks("attributes.tier", "any_of", ["regular", "gold"]),
            _asks("nps", "at_least", 7),
            _asks("language", "none_of", ["fr"]),
        ],
    },
    "not refused, not written to": {
        "match": "all",
        "conditions": [
            _asks("consent.news", "none_of", ["withdrawn"]),
            _asks("contacts.any", "beyond", 30),
            _asks("attributes.tier", "none_of", ["gold"]),
            _asks("attributes.visits", "at_least", 5),
            _asks("language", "any_of", ["de", "en"]),
        ],
    },
    "groups": {
        "match": "any",
        "conditions": [
            {"match": "all", "conditions": [GOLD, _asks("nps", "at_least", 9)]},
            {
                "match": "none",
                "conditions": [_asks("last_contact_at", "ever"), _asks("attributes.city", "not_empty")],
            },
            _asks("scored_at", "within", 30),
        ],
    },
    "words in an attribute": {"match": "all", "conditions": [_asks("attributes.city", "contains", "ber")]},
}
PROMISED = ("five conditions", "five that many fit", "consent and messages")


def segment_count(here: House) -> Iterator[Row]:
    """The count of rules of five conditions: attributes, scores, consent and messages among them."""
    registries.compose()
    tenant = crowd.million(here)
    with here.services.db.tenant_session(tenant) as session:
        asked = {name: verbs.check(session, rule) for name, rule in RULES.items()}
    found = {name: _median(here, tenant, rule) for name, rule in asked.items()}
    for name, took in found.items():
        yield info(f"segment_count {name}", took * 1e3, "ms")
    floor = _median(here, tenant, None)
    slowest = max(found[name] for name in PROMISED)
    yield Row(
        "segment_count", slowest * 1e3, "ms", floor * 1e3, slowest / floor, f"≤ {MOST} ms", slowest * 1e3 <= MOST
    )


def _median(here: House, tenant: TenantRef, rule: Group | None) -> float:
    """Seconds of a count, after one that does not count."""
    times = [_once(here, tenant, rule) for _ in range(1 + 4 * here.rounds)]
    return median(times[1:])


def _once(here: House, tenant: TenantRef, rule: Group | None) -> float:
    with here.services.db.tenant_session(tenant) as session:
        session.scalar(select(func.now()))
        begin = time.perf_counter()
        if rule is None:
            session.scalar(select(func.count()).select_from(Person))
        else:
            counting.count_people(session, rule)
        return time.perf_counter() - begin
