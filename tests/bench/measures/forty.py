"""A survey of forty questions: its page, an answer to it, places that many want at once, and what a phone loads."""

from collections import Counter
from collections.abc import Iterator
from os import environ
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import func, select

from surveys.models import Response
from tests.bench import forty, house, load, seed
from tests.bench.house import House
from tests.bench.measures import respondents
from tests.bench.rows import Row, at_most, exactly, info

TENANTS, SURVEYS_EACH = 20, 1
PLACES, WANTED = 50, 200
CHROMIUM = environ.get("CHROMIUM", "/usr/bin/chromium")
MOST_BYTES, SOONEST = 30_000, 1.0
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""150 ms there and back, 1.6 and 0.75 Mbit/s: what Lighthouse calls a slow 4G phone, which is also four times
slower than this machine."""
SLOWER = 4
LARGEST = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""


def seeded(here: House) -> list[seed.Seeded]:
    """One survey in each of twenty tenants."""
    found = []
    for tenant in seed.tenants(here.services, TENANTS):
        with here.services.db.tenant_session(tenant) as session:
            found.append(forty.published(session, tenant, "forty"))
    return found


def survey_page_40q(here: House) -> Iterator[Row]:
    """The page of forty questions, beside a template of the same size."""
    among = seeded(here)
    requests = [load.get(here.host(one.tenant.slug), f"/s/{one.address}") for one in among]
    with house.serving(here, "wsgi:app") as product:
        size = respondents.page_bytes(product, here, among[0])
        yield info("survey_page_40q_bytes", size, "bytes")
        floors = [load.get("localhost", f"/s/{number}") for number in range(100)]
        with house.serving(here, "tests.bench.floors.page:app", **house.floor_environment(here, size)) as floor:
            drives = respondents.getting(product, requests), respondents.getting(floor, floors)
            yield from respondents.compare(here, "survey_page_40q", 1.0, *drives)


def answer_submit_40q(here: House) -> Iterator[Row]:
    """An answer to forty questions, which takes a place in two quotas, beside one INSERT of the same form."""
    among = seeded(here)
    forms = {one.survey: respondents.fields(here, one) | {"q_who0": "new"} for one in among}
    with (
        house.serving(here, "wsgi:app", **house.PATIENT) as product,
        house.serving(here, "tests.bench.floors.answer:app", **house.floor_environment(here)) as floor,
    ):

        def product_load(count: int) -> list[bytes]:
            return [
                respondents.answer(here, among[n % TENANTS], forms[among[n % TENANTS].survey]) for n in range(count)
            ]

        def floor_load(count: int) -> list[bytes]:
            body = respondents.encoded(forms[among[0].survey])
            return [load.post("localhost", f"/s/{n % 100}", body) for n in range(count)]

        drives = (respondents.posting(here, product, product_load), respondents.posting(here, floor, floor_load))
        yield from respondents.compare(here, "answer_submit_40q", 0.3, *drives)


def quota_race(here: House) -> Iterator[Row]:
    """Two hundred answers at once want fifty places, through two web processes."""
    tenant = seed.tenants(here.services, 1)[0]
    with here.services.db.tenant_session(tenant) as session:
        one = forty.published(session, tenant, f"race {uuid4().hex[:12]}", PLACES)
    form = respondents.fields(here, one) | {"q_who0": "new"}
    with house.serving(here, "wsgi:app", **house.PATIENT) as product:
        requests = [respondents.answer(here, one, form) for _ in range(WANTED)]
        run = load.drive(product, requests, seconds=60, connections=WANTED).must_be(303)
    with here.services.db.tenant_session(tenant) as session:
        counted = select(Response.state, func.count().label("n")).where(Response.survey_id == one.survey)
        states = Counter({row.state: row.n for row in session.execute(counted.group_by(Response.state))})
    yield exactly("quota_race", states["finished"], "places", PLACES)
    yield exactly("quota_race_screened", states["screened"], "answers", WANTED - PLACES)
    yield info("quota_race_seconds", run.seconds, "s")


def page_weight(here: House) -> Iterator[Row]:
    """What a phone loads of a survey's page, and when it shows the largest part of it."""
    from playwright.sync_api import sync_playwright

    plain = seed.published(here.services, seed.tenants(here.services, 1), 1)[0]
    with (
        house.serving(here, "wsgi:app") as product,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        for name, one in (("page_weight", plain), ("page_weight_40q", seeded(here)[0])):
            _on_a_phone(browser, product, one)  # renders it, as the first visitor of a day does
            looked = [_on_a_phone(browser, product, one) for _ in range(max(3, here.rounds))]
            yield at_most(name, looked[0][0], "bytes", MOST_BYTES)
            yield at_most(f"{name}_lcp", sorted(paint for _, paint in looked)[len(looked) // 2], "s", SOONEST)


def _on_a_phone(browser: Any, port: int, one: seed.Seeded) -> tuple[int, float]:
    """Bytes on the wire, heads included, and seconds to the largest contentful paint; with nothing in the cache."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda found: sizes.append(cast("float", found["encodedDataLength"])))
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"http://{one.tenant.slug}.localhost:{port}/s/{one.address}", wait_until="networkidle")
    paint = float(page.evaluate(LARGEST)) / 1000
    context.close()
    return int(sum(sizes)), paint
