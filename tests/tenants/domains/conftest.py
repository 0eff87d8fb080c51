"""A name server, and two workspaces that want domains of their own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from infra import clock
from infra.db import TenantRef
from infra.services import Services
from tests.support.nameserver import Nameserver
from tests.support.tenants import close_for_good, open_own
from tests.tenants.domains.story import TARGET, Workspace


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    running.set(TARGET, "A", "192.0.2.80")
    yield running
    running.stop()


@pytest.fixture
def house(services: Services, server: Nameserver) -> Services:
    server.silent = server.refusing = False
    return replace(services, settings=replace(services.settings, nameservers=server.setting, domain_target=TARGET))


@pytest.fixture
def host() -> str:
    return f"feedback.{uuid4().hex[:10]}.example"


@pytest.fixture
def ours(house: Services, own_tenant: TenantRef, server: Nameserver) -> Workspace:
    return Workspace(house, own_tenant, server)


@pytest.fixture
def theirs(house: Services, services: Services, server: Nameserver) -> Iterator[Workspace]:
    tenant = open_own(services)
    yield Workspace(house, tenant, server)
    close_for_good(services, tenant)


@pytest.fixture
def later() -> Iterator[Callable[[timedelta], datetime]]:
    """`later(timedelta(days=1))`: the clock goes on by that much and stands still there."""
    travels = []

    def go(by: timedelta) -> datetime:
        moment = clock.now() + by
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travels.append(traveller)
        return moment

    yield go
    for traveller in reversed(travels):
        traveller.stop()
