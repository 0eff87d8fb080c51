"""The pytest controller starts one stack for the run and stops it, also on Ctrl-C; each worker copies the template.

Fixtures: `settings` and `services` of the worker's databases (what they write is committed); `joined`, whose
sessions and pages share one outer transaction that is rolled back; `session`, the open session of `acme` in it;
`acme`, `globex` (same database) and `initech` (cell `b`); `own_tenant`, committed and dropped after the test;
`post`, the mails that arrived. `pytest --unit` leaves out everything that needs the stack.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from tests.support import offline

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from infra.settings import Settings
    from tests.infra.mail.sink import Sink
    from tests.support.leftovers import Leftovers
    from tests.support.mail import Post
    from tests.support.run import Run

RUN: "pytest.StashKey[Run]" = pytest.StashKey()
STACK_FIXTURE = "settings"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unit", action="store_true", help="only tests that need no server")


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    offline.switch_off()
    distributed = config.getoption("numprocesses", None) or config.getoption("tx", None)
    if distributed and not hasattr(config, "workerinput") and not config.getoption("--unit"):
        _start_run(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None:
        del config.stash[RUN]
        run.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--unit"):
        needy = [item for item in items if _needs_servers(item)]
        config.hook.pytest_deselected(items=needy)
        items[:] = [item for item in items if item not in needy]


def _needs_servers(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("processes", "browser"))
    return marked or STACK_FIXTURE in getattr(item, "fixturenames", ())


def _start_run(config: pytest.Config) -> None:
    """Starts the servers and exports their addresses, to this process and the workers that it starts."""
    from tests.support.run import Run

    run = config.stash[RUN] = Run(system_postgres=os.environ.get("PG") == "system")
    for name in [name for name in os.environ if name.startswith("RAPPORT_")]:
        del os.environ[name]
    os.environ.update(run.start())


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Post"]:
    """The worker's mailbox: everything that is sent with the worker's settings arrives here."""
    from tests.support.mail import Post

    box = Post(tmp_path_factory.mktemp("mail"))
    yield box
    box.stop()


@pytest.fixture
def sink() -> Iterator["Sink"]:
    """A mail server of the test's own."""
    from tests.infra.mail.sink import Sink

    started = Sink()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def settings(pytestconfig: pytest.Config, post: "Post") -> Iterator["Settings"]:
    """Settings of this worker's own databases, bucket, Valkey database and mailbox; also in its environment."""
    from tests.support import run

    if not hasattr(pytestconfig, "workerinput") and RUN not in pytestconfig.stash:
        _start_run(pytestconfig)
    superuser, shared = run.from_environment()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    own = replace(run.worker_settings(superuser, shared, worker), smtp_port=post.port)
    os.environ.update(run.to_environment(own))
    yield own
    run.drop_databases(superuser, own)


@pytest.fixture(scope="session")
def services(settings: "Settings") -> Iterator["Services"]:
    """The worker's services. What is written through them is committed and stays: use them with `own_tenant`."""
    from infra.services import Services

    started = Services.start(settings)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def leftovers(settings: "Settings") -> Iterator["Leftovers"]:
    """What a test left for good in the tenants that all tests of this worker share."""
    from tests.support.leftovers import Leftovers

    found = Leftovers(settings)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever commits into a tenant that all tests share is named, instead of the tests that stumble over it."""
    if STACK_FIXTURE not in request.fixturenames:
        yield
        return
    leftovers = request.getfixturevalue("leftovers")
    yield
    assert leftovers.clear() == []


@pytest.fixture(scope="session")
def environment(settings: "Settings") -> dict[str, str]:
    """The environment for a real process that works with this worker's servers."""
    from tests.support.run import to_environment, without_settings

    return {**without_settings(os.environ), **to_environment(settings)}


@pytest.fixture
def joined(services: "Services") -> Iterator["Services"]:
    """Services whose sessions, pages and fast path share one outer transaction; rolled back at the end."""
    from tests.support.joined import JoinedDatabases

    databases = JoinedDatabases(services.settings, services.db)
    yield replace(services, db=databases)
    databases.close()
    services.queues.connection.flushdb()


@pytest.fixture
def session(joined: "Services", acme: "TenantRef") -> Iterator["Session"]:
    """The open session of `acme`, as a use-case gets it. Pages of `joined` see what it has flushed."""
    with joined.db.tenant_session(acme) as opened:
        yield opened


@pytest.fixture(scope="session")
def acme(services: "Services") -> "TenantRef":
    """A tenant of the default cell."""
    return _tenant(services, "acme")


@pytest.fixture(scope="session")
def globex(services: "Services") -> "TenantRef":
    """Another tenant in the same database."""
    return _tenant(services, "globex")


@pytest.fixture(scope="session")
def initech(services: "Services") -> "TenantRef":
    """A tenant in another cell."""
    return _tenant(services, "initech")


@pytest.fixture
def own_tenant(services: "Services") -> Iterator["TenantRef"]:
    """A tenant that only this test sees; what it commits there is dropped with the schema."""
    from tests.support.tenants import close_for_good, open_own

    tenant = open_own(services)
    yield tenant
    close_for_good(services, tenant)


@pytest.fixture
def project() -> Path:
    """The folder of the project."""
    return Path(__file__).parents[1]


def _tenant(services: "Services", slug: str) -> "TenantRef":
    from tests.support.tenants import by_slug

    return by_slug(services, slug)
