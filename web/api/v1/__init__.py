"""Version 1. `register` hangs every resource of the access policy below `/api/v1` and describes it in OpenAPI.

A resource is a module with `blueprint = ApiBlueprint("surveys", __name__, description=…)`; its line in
`web.surfaces` is named `api_v1.surveys`.
"""

from collections.abc import Sequence
from importlib import import_module

from flask import Flask
from flask_smorest import Api

from web.api import allowance, describing, event_docs, unread
from web.api.blueprint import ApiBlueprint
from web.registries import PUBLIC_EVENTS
from web.schemas.api.base import Problem
from web.surfaces import Surface, policy

ROOT = "/api/v1"

ABOUT = """Surveys, their versions, answers and results of one workspace.

Send an API key with every request: `Authorization: Bearer rk_…`. Keys are made in the console under Settings and
hold scopes. Errors are problems by RFC 9457; `code` is stable, `detail` is a sentence for a person. A write can be
repeated safely with an `Idempotency-Key`: the same key with the same body answers the same and does nothing twice;
with another body it is refused. Lists come in pages: send `next_cursor` as `cursor` for the next one. Every answer
to a key says in `RateLimit-Policy` how many requests it may send and in `RateLimit` how many are left.
"""


SECURITY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key. Each operation names the scope it needs.",
}


class ProblemApi(Api):
    """flask-smorest with our errors: the handlers are `web.errors`', the described shape is RFC 9457's."""

    DEFAULT_ERROR_RESPONSE_NAME = ""
    """Every operation names its errors one by one."""

    def _register_error_handlers(self) -> None:
        """None: `web.errors` answers everything."""

    def _register_pagination_header(self) -> None:
        """None: our pages are cursors in the body."""

    def _register_responses(self) -> None:
        """Every problem answer once, for the operations to refer to."""
        components = self.spec.components
        components.schema("Problem", schema=Problem)
        for name, response in describing.responses():
            components.response(name, response)
        for name, schema in describing.definition_schemas().items():
            components.schema(name, schema)


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
            "components": {"securitySchemes": {"key": SECURITY}},
            "webhooks": event_docs.openapi(PUBLIC_EVENTS),
        },
    )
    api = ProblemApi(app)  # type: ignore[no-untyped-call]
    root = ApiBlueprint("api_v1", __name__)
    root.after_request(allowance.tell)
    root.after_request(unread.keep)
    for surface in surfaces:
        resource: ApiBlueprint = import_module(surface.module).blueprint
        prefix = surface.prefix.removeprefix(ROOT)
        root.register_blueprint(resource, url_prefix=prefix)  # type: ignore[no-untyped-call]
        api.spec.tag({"name": resource.name, "description": resource.description})
    root._docs = describing.completed(root._docs, root.name, policy())
    app.register_blueprint(root, url_prefix=ROOT)
    root.register_views_in_doc(api, app, api.spec, name=root.name, parameters=None)  # type: ignore[no-untyped-call]
    return api
