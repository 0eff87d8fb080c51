"""Programs for the tests of the API: `program` may do all at acme, `other_program` all at globex."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.db import TenantRef
    from tests.web.api.story import Program
    from web.application import Application


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> "Program":
    """A program with every scope at acme."""
    from tests.web.api.story import Program

    return Program(app).at(acme)


@pytest.fixture
def other_program(app: "Application", globex: "TenantRef") -> "Program":
    """A program with every scope at globex."""
    from tests.web.api.story import Program

    return Program(app).at(globex)
