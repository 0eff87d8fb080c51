"""How long the doors take for an address that is known and for one that is not, in turns: figures, no promise.

That the work is the same is a test (`tests/web/test_enumeration.py`); here one sees what is left of it outside. The
difference is of medians over the same number of requests; beside it stands the spread of one kind by itself, halved
at random, which is what chance alone makes of it.
"""

import re
from collections.abc import Callable, Iterator
from contextvars import Context
from statistics import median
from time import perf_counter

from infra.ids import new_id
from tenants import passwords, staff
from tests.bench.house import House
from tests.bench.rows import Row, info
from tests.support.client import IsolatedClient
from tests.support.tenants import close_for_good, open_own
from web import create_app
from web.application import Application

TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
TRIES = 3
"""Of each address: fewer than are slowed down."""

Ask = Callable[[str, str], float]
"""An address and where it comes from, to seconds."""


def doors(here: House) -> Iterator[Row]:
    """Signing in and asking for a reset, each with known and unknown addresses."""
    tenant = open_own(here.services)
    try:
        known = [f"{new_id().hex[-12:]}@known.example" for _ in range(8 * here.rounds)]
        hashed = passwords.hashed("four quiet brown kettles")
        with here.services.db.tenant_session(tenant) as session:
            for email in known:
                staff.add(session, name="Bench", email=email, role="viewer", password_hash=hashed)
        app, host = create_app(here.services), here.host(tenant.slug)
        for name, page, field in (("sign_in", "/console/sign-in", "password"), ("reset", "/console/reset", "")):
            typed = {field: "not the password"} if field else {}
            yield from _compared(name, _asking(app, host, page, typed), known)
    finally:
        close_for_good(here.services, tenant)


def _asking(app: Application, host: str, page: str, typed: dict[str, str]) -> Ask:
    def ask(email: str, place: str) -> float:
        client = IsolatedClient(app, app.response_class, use_cookies=True)
        where = {"base_url": f"http://{host}", "environ_base": {"REMOTE_ADDR": place}}
        found = TOKEN.search(client.get(page, **where).text)
        assert found is not None
        form = {**typed, "email": email, "csrf_token": found[1]}
        begin = perf_counter()
        answer = client.post(page, data=form, **where)
        took = perf_counter() - begin
        if answer.status_code not in (303, 422):
            raise RuntimeError(f"{page} answered {answer.status_code}")
        return took

    return lambda email, place: Context().run(ask, email, place)


def _compared(name: str, ask: Ask, known: list[str]) -> Iterator[Row]:
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    ask("warm-up@unknown.example", "192.0.2.250")
    for number, email in enumerate(known):
        stranger = f"{new_id().hex[-12:]}@strangers.example"
        for turn in range(TRIES):
            pair = [("known", email), ("unknown", stranger)]
            for kind, address in pair if (number + turn) % 2 else reversed(pair):
                took[kind].append(ask(address, f"2001:db8:{number:x}:{turn}::1"))
    halves = median(took["known"][::2]) - median(took["known"][1::2])
    yield info(f"{name}_known", median(took["known"]) * 1e3, "ms")
    yield info(f"{name}_unknown", median(took["unknown"]) * 1e3, "ms")
    yield info(f"{name}_difference", abs(median(took["known"]) - median(took["unknown"])) * 1e3, "ms")
    yield info(f"{name}_chance_alone", abs(halves) * 1e3, "ms")
