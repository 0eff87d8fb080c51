"""What respondents feel: the page, the withdrawal of a page, and one answer in full."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from surveys import publishing
from surveys.models import Survey
from surveys.publishing import find_live
from tests.bench import house, load, seed
from tests.bench.house import House
from tests.bench.rows import Row, against_floor, at_most, info
from web.public.surveys import tokens

TENANTS, SURVEYS_EACH = 50, 2
SHARE_OF_A_CORE = 0.9
Drive = Callable[[int], load.Load]


def survey_page(here: House) -> Iterator[Row]:
    """The page over 100 surveys of 50 tenants, beside one SELECT and a template of the same size."""
    seeded = seed.published(here.services, seed.tenants(here.services, TENANTS), SURVEYS_EACH)
    requests = [load.get(here.host(one.tenant.slug), f"/s/{one.address}") for one in seeded]
    with house.serving(here, "wsgi:app") as product:
        size = page_bytes(product, here, seeded[0])
        yield info("survey_page_bytes", size, "bytes")
        floors = [load.get("localhost", f"/s/{number}") for number in range(100)]
        with house.serving(here, "tests.bench.floors.page:app", **house.floor_environment(here, size)) as floor:
            yield from compare(here, "survey_page", 1.0, getting(product, requests), getting(floor, floors))
        yield unpublishing(here, product, seeded[-1])


def answer_submit(here: House) -> Iterator[Row]:
    """One answer in full over 100 surveys of 50 tenants, and once all on one survey."""
    seeded = seed.published(here.services, seed.tenants(here.services, TENANTS), SURVEYS_EACH)
    with (
        house.serving(here, "wsgi:app", **house.PATIENT) as product,
        house.serving(here, "tests.bench.floors.answer:app", **house.floor_environment(here)) as floor,
    ):
        for name, among in (("answer_submit", seeded), ("answer_submit_one_survey", seeded[:1])):
            forms = {one.survey: fields(here, one) for one in among}

            def product_load(count: int, among: list[seed.Seeded] = among, forms: dict = forms) -> list[bytes]:  # type: ignore[type-arg]
                return [
                    answer(here, among[n % len(among)], forms[among[n % len(among)].survey]) for n in range(count)
                ]

            def floor_load(count: int, form: bytes = encoded(fields(here, seeded[0]))) -> list[bytes]:
                return [load.post("localhost", f"/s/{n % 100}", form) for n in range(count)]

            drives = posting(here, product, product_load), posting(here, floor, floor_load)
            rows = list(compare(here, name, 0.5, *drives))
            yield from rows
        measured = house.pgbench(here)
        if measured is not None:
            yield info("pgbench_insert_8_clients", measured, "/s")
            yield info("answer_floor_to_pgbench", (rows[0].floor or 0) / measured, "×")


def compare(here: House, name: str, least: float, product: Drive, floor: Drive) -> Iterator[Row]:
    """Interleaved rounds of both, after one of each that does not count."""
    product(0), floor(0)
    values, floors, share = [], [], 0.0
    for number in range(here.rounds):
        for drive, found in ((product, values), (floor, floors)):
            run = drive(number)
            found.append(run.per_second)
            share = max(share, run.driver_share)
    yield against_floor(name, "/s", values, floors, least)
    yield info(f"{name}_driver_share", share, "cores")


def getting(port: int, requests: list[bytes]) -> Drive:
    """Sends the same requests again and again."""
    return lambda number: load.drive(port, requests, seconds=2.0, again=True).must_be(200)


def posting(here: House, port: int, made: Callable[[int], list[bytes]]) -> Drive:
    """Each request is made once, before its round begins."""
    return lambda number: load.drive(port, made(int(here.seconds * 3_000)), seconds=here.seconds).must_be(303)


def page_bytes(port: int, here: House, one: seed.Seeded) -> int:
    """The size of a page."""
    asked = Request(f"http://127.0.0.1:{port}/s/{one.address}", headers={"Host": here.host(one.tenant.slug)})
    with urlopen(asked, timeout=10) as answered:
        return len(answered.read())


def unpublishing(here: House, port: int, one: seed.Seeded) -> Row:
    """Seconds from the commit of a withdrawal until no worker shows the page any more."""
    asked = [load.get(here.host(one.tenant.slug), f"/s/{one.address}")]
    load.drive(port, asked, seconds=0.5, again=True).must_be(200)
    with changed(here, one):
        begin = last_seen = time.perf_counter()
        while time.perf_counter() - begin < 4:
            if load.drive(port, asked, seconds=0.05, again=True).statuses[200]:
                last_seen = time.perf_counter()
        return at_most("survey_page_unpublish", last_seen - begin, "s", 2.0)


@contextmanager
def changed(here: House, one: seed.Seeded) -> Iterator[None]:
    """The survey is withdrawn inside, and published again afterwards."""
    with here.services.db.tenant_session(one.tenant) as session:
        publishing.withdraw(session, session.get_one(Survey, one.survey))
    try:
        yield
    finally:
        with here.services.db.tenant_session(one.tenant) as session:
            publishing.publish(session, session.get_one(Survey, one.survey))


def fields(here: House, one: seed.Seeded) -> dict[str, str | list[str]]:
    """An answer to every question of the survey, as its form sends it."""
    with here.services.db.tenant_session(one.tenant) as session:
        live = find_live(session, one.address)
    if live is None:
        raise RuntimeError("the survey is not published")
    found: dict[str, str | list[str]] = {"_at": live.definition.blocks[-1].id, "_go": "send", "_revision": "1"}
    for question in live.definition.questions:
        if question.rows:
            found |= {f"{question.id}.{row.code}": question.codes[0] for row in question.rows}
        elif question.codes:
            found[question.id] = question.codes[0]
        elif question.kind.value == "number":
            found[question.id] = "12"
        elif question.type != "statement":
            found[question.id] = "The beans came a day late, but they smell wonderful."
    return found


def answer(here: House, one: seed.Seeded, form: dict[str, str | list[str]]) -> bytes:
    """One finished answer with its own token."""
    token = tokens.issue(here.settings.secret, one.tenant.id, one.survey, one.version, "en").decode()
    body = encoded(form, token)
    return load.post(here.host(one.tenant.slug), f"/s/{one.address}", body)


def encoded(form: dict[str, str | list[str]], token: str = "x" * 72) -> bytes:
    """A form as a browser sends it."""
    return urlencode({**form, "_token": token}, doseq=True).encode()
