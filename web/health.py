"""Alive, and ready: what load balancers and people on call ask first."""

import logging
from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request

from infra.db.databases import ping
from infra.events.dispatch import reason_of
from web import tenancy

blueprint = Blueprint("health", __name__)

log = logging.getLogger(__name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process serves requests. Asks nobody else, so that a restart is not the answer to a slow database."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@blueprint.get("/readyz")
def ready() -> Response:
    """One line for each component; 503 while one of them does not answer."""
    states = {name: _state(name, ask) for name, ask in components().items()}
    well = all(state == "ok" for state in states.values())
    if request.accept_mimetypes.best == "application/json":
        response = jsonify(ready=well, components=states)
    else:
        lines = "".join(f"{name}: {state}\n" for name, state in states.items())
        response = Response(lines, mimetype="text/plain")
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def components() -> dict[str, Callable[[], object]]:
    """Each component with a question that only a working one answers."""
    services = tenancy.services()
    databases = {"postgres control": "control", **{f"postgres cell {c}": c for c in services.db.addresses}}
    asked: dict[str, Callable[[], object]] = {}
    for name, cell in databases.items():
        asked[name] = lambda cell=cell: ping(services.db, cell)  # type: ignore[misc]
    asked["valkey"] = services.queues.ping
    asked["s3"] = services.storage.ping
    return asked


def _state(name: str, ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception as problem:  # noqa: BLE001 - whatever it raises, the component does not answer
        log.warning("component does not answer", extra={"component": name, "reason": reason_of(problem)})
        return "does not answer"
    return "ok"
