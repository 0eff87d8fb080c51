"""The application without servers, and the project's sources as syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from web.application import Application

ROOT = Path(__file__).parents[2]
PACKAGES = ("infra", "tenants", "customers", "surveys", "web")
ROOTS = ("wsgi.py", "worker.py", "schedule.py", "inbound.py")


@pytest.fixture(scope="session")
def bare_app() -> "Application":
    """All routes, no connections: nothing here may serve a request."""
    from infra.db import Databases
    from infra.services import Services
    from infra.settings import Settings
    from web import create_app

    settings = Settings(secret="for the shape of things, forty-four letters.")
    nothing = cast(Any, None)
    return create_app(Services(settings, Databases(settings), nothing, nothing, nothing))


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every Python file of the product besides migrations, with its path."""
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    for path in [*files, *(ROOT / name for name in ROOTS)]:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def templates() -> Iterator[tuple[str, str]]:
    """Every template with its path."""
    for package in PACKAGES:
        for path in sorted((ROOT / package / "templates").rglob("*.*")):
            yield str(path.relative_to(ROOT)), path.read_text()
