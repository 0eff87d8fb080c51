"""Customers at the door."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from tests.support.openid import OwnProvider
    from tests.web.portal.story import Town
    from tests.web.story import Person


@pytest.fixture
def town(services: "Services", session: "Session", acme: "TenantRef") -> "Town":
    from tests.web.portal.story import Town

    return Town(services, session, acme)


@pytest.fixture
def browser(visitor: "Callable[[], Person]", acme: "TenantRef") -> "Callable[[], Person]":
    """`browser()`: a fresh one on the tenant's host."""
    return lambda: visitor().at(acme)


@pytest.fixture(scope="module")
def openid_server() -> "Iterator[OwnProvider]":
    from tests.support.openid import own_provider

    with own_provider() as started:
        yield started


@pytest.fixture
def example(openid_server: "OwnProvider") -> "OwnProvider":
    """An OpenID provider that says nothing odd yet."""
    openid_server.__dict__.update(vars(type(openid_server)(port=openid_server.port)))
    return openid_server
