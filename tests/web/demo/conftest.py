"""One demo tenant for all tests of this folder: it takes some seconds and nobody changes it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from infra.db import TenantRef
from infra.services import Services
from tests.support.tenants import by_slug, close_for_good
from web.demo import writer
from web.demo.writer import Written


@dataclass(frozen=True)
class Demo:
    """A demo tenant and where it lives."""

    services: Services
    written: Written

    @property
    def tenant(self) -> TenantRef:
        return self.written.tenant


@pytest.fixture(scope="session")
def development(services: Services) -> Services:
    """The services with development on."""
    return replace(services, settings=replace(services.settings, development=True))


@pytest.fixture(scope="session")
def demo(development: Services) -> Iterator[Demo]:
    """The whole story, told once."""
    written = writer.write(development, slug="demo-" + secrets.token_hex(4))
    yield Demo(development, written)
    close_for_good(development, written.tenant)


@pytest.fixture
def fresh_slug(development: Services) -> Iterator[str]:
    """The address of a demo tenant that the test makes itself; closed afterwards."""
    slug = "demo-" + secrets.token_hex(4)
    yield slug
    close_for_good(development, by_slug(development, slug))
