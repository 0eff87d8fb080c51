"""A tenant with webhooks, and two receivers that say yes."""

from collections.abc import Iterator

import pytest

from infra.db import TenantRef
from infra.services import Services
from tests.support.receivers import Receiver
from tests.tenants.webhooks.story import Workspace


@pytest.fixture
def workspace(services: Services, own_tenant: TenantRef) -> Workspace:
    return Workspace(services, own_tenant)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()


@pytest.fixture
def another() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()
