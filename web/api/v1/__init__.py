"""Version 1. `register` hangs every resource of the access policy below `/api/v1` and describes it in OpenAPI.

A resource is a module with `blueprint = ApiBlueprint("surveys", __name__, description=…)`; its line in
`web.surfaces` is named `api_v1.surveys`.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest.utils import prepare_response

from web.api.blueprint import ApiBlueprint
from web.schemas.api.base import Problem
from web.surfaces import Surface

ROOT = "/api/v1"
PROBLEM = "application/problem+json"

ABOUT = """Surveys, their versions, answers and results of one workspace.

Send an API key with every request: `Authorization: Bearer rk_…`. Keys are made in the console under Settings and
hold scopes. Errors are problems by RFC 9457; `code` is stable, `detail` is a sentence for a person. A write can be
repeated safely with an `Idempotency-Key`: the same key with the same body answers the same and does nothing twice;
with another body it is refused. Lists come in pages; `next` is the cursor of the next one.
"""


class ProblemApi(Api):
    """flask-smorest with our errors: the handlers are `web.errors`', the described shape is RFC 9457's."""

    ERROR_SCHEMA = Problem  # type: ignore[assignment]

    def _register_error_handlers(self) -> None:
        """None: `web.errors` answers everything."""

    def _register_responses(self) -> None:
        """One description of a problem, used by every operation as its default answer."""
        response: dict[str, Any] = {"description": "A problem (RFC 9457)", "schema": self.ERROR_SCHEMA}
        prepare_response(response, self.spec, PROBLEM)  # type: ignore[no-untyped-call]
        self.spec.components.response("DEFAULT_ERROR", response, lazy=True)


def register(app: Flask, surfaces: Sequence[Surface]) -> Api:
    """Registers the given surfaces, and returns what knows their description."""
    app.config.update(
        API_TITLE="Rapport",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {"description": ABOUT},
            "servers": [{"url": "/"}],
            "security": [{"key": []}],
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        },
    )
    api = ProblemApi(app)  # type: ignore[no-untyped-call]
    root = ApiBlueprint("api_v1", __name__)
    for surface in surfaces:
        resource: ApiBlueprint = import_module(surface.module).blueprint
        prefix = surface.prefix.removeprefix(ROOT)
        root.register_blueprint(resource, url_prefix=prefix)  # type: ignore[no-untyped-call]
        api.spec.tag({"name": resource.name, "description": resource.description})
    api.register_blueprint(root, url_prefix=ROOT)  # type: ignore[no-untyped-call]
    return api
