"""A web test client that may be used while the test itself holds a tenant's session open."""

from contextvars import Context
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class IsolatedClient(FlaskClient):
    """Each request runs in a context of its own, as in a real server: the test's open tenant is not seen there."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return Context().run(super().open, *args, **options)
