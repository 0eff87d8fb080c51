"""What staff feel: Home and a long list over very many answers, and a page that only has to be drawn."""

from collections.abc import Iterator
from statistics import median

from tests.bench import house, load, seed
from tests.bench.house import House
from tests.bench.measures import respondents, scale
from tests.bench.rows import Row, at_most, info

ROWS = 100_000
LISTS = ("", "?camp=detractors&text=yes", "?camp=promoters")
"""The list as it is, and as people narrow it."""


def console_home(here: House) -> Iterator[Row]:
    """Home of a workspace whose survey has a million answers."""
    one = scale.million(here)
    cookie = scale.signed_in(here, one.tenant)
    with house.serving(here, "wsgi:app") as port:
        took = _times(here, port, one, "/console/", cookie)
    yield info("console_home_slowest", max(took) * 1e3, "ms")
    yield at_most("console_home", median(took) * 1e3, "ms", 100)


def list_page(here: House) -> Iterator[Row]:
    """A page of a list of 100,000 answers: the slowest of the ways to narrow it."""
    one = scale.answered(here, seed.tenants(here.services, 59)[-1], ROWS)
    cookie = scale.signed_in(here, one.tenant)
    with house.serving(here, "wsgi:app") as port:
        path = f"/console/surveys/{one.survey}/responses"
        medians = [median(_times(here, port, one, path + narrowed, cookie)) for narrowed in LISTS]
    for narrowed, found in zip(LISTS, medians, strict=True):
        yield info(f"list_page{narrowed.replace('&', ' ')}", found * 1e3, "ms")
    yield at_most("list_page", max(medians) * 1e3, "ms", 100)


def console_static(here: House) -> Iterator[Row]:
    """The help page, signed in: its cost is the frame of every page. Beside bare Flask with the same templates."""
    tenant = seed.tenants(here.services, 1)[0]
    cookie = scale.signed_in(here, tenant)
    with (
        house.serving(here, "wsgi:app") as product,
        house.serving(here, "tests.bench.floors.console:app", **house.floor_environment(here)) as floor,
    ):
        asked = [load.get(here.host(tenant.slug), "/console/help", Cookie=cookie)]
        bare = [load.get("localhost", "/console/help", Cookie=cookie)]
        drives = respondents.getting(product, asked), respondents.getting(floor, bare)
        yield from respondents.compare(here, "console_static", 0.5, *drives)


def _times(here: House, port: int, one: seed.Seeded, path: str, cookie: str) -> list[float]:
    """Seconds of single requests, one after another, after one that does not count."""
    scale.timed(here, port, one.tenant, path, cookie)
    return [scale.timed(here, port, one.tenant, path, cookie) for _ in range(8 * here.rounds)]
