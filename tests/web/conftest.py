"""People and programs for the tests of pages: `visitor`, `as_staff(role)`, `with_key(*scopes)`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.services import Services
    from tenants.models import StaffMember
    from tests.web.story import Person
    from web.application import Application


@pytest.fixture
def app(joined: "Services") -> "Application":
    """The application over services whose transactions are rolled back at the end."""
    from tests.support.apps import app_over

    return app_over(joined)


@pytest.fixture
def visitor(app: "Application") -> Callable[[], "Person"]:
    """`visitor()`: a fresh browser, on the platform's host until it goes `.at(acme)`."""
    from tests.web.story import Person

    return lambda: Person(app)


@pytest.fixture
def as_staff(app: "Application") -> Callable[[str], "Person"]:
    """`as_staff("editor").at(acme)`: a staff member who is signed in there."""
    from tests.web.story import Person

    return lambda role: Person(app, role=role)


@pytest.fixture
def with_key(app: "Application") -> Callable[..., "Person"]:
    """`with_key("surveys.read").at(acme)`: a program with an API key of that tenant."""
    from tests.web.story import Person

    return lambda *scopes: Person(app, scopes=scopes)


@pytest.fixture
def ada(session: "Session") -> "StaffMember":
    """The owner of acme, who signs in with PASSWORD; her address is written with a capital."""
    from tests.web.story import add_member

    member = add_member(session, "owner", email="Ada@acme.example")
    session.flush()
    return member
