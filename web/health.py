"""Alive, and ready: what load balancers and people on call ask first."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from infra.db.databases import ping
from infra.events.dispatch import reason_of
from web import tenancy

if TYPE_CHECKING:
    from infra.services import Services

blueprint = Blueprint("health", __name__)

log = logging.getLogger(__name__)

PATIENCE = 2.5
"""Seconds that the components have for their answers, all at once."""


@blueprint.get("/healthz")
def alive() -> Response:
    """The process serves requests. Asks nobody else, so that a restart is not the answer to a slow database."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@blueprint.get("/readyz")
def ready() -> Response:
    """One line for each component; 503 while one of them does not answer."""
    states = readiness().states()
    well = all(state == "ok" for state in states.values())
    if request.accept_mimetypes.best == "application/json":
        response = jsonify(ready=well, components=states)
    else:
        lines = "".join(f"{name}: {state}\n" for name, state in states.items())
        response = Response(lines, mimetype="text/plain")
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return response


class Readiness:
    """Asks all components at once; one that still owes an answer is not asked again, so that no threads pile up."""

    def __init__(self, components: Mapping[str, Callable[[], object]]) -> None:
        self._components = components
        self._threads = ThreadPoolExecutor(len(components), "readiness")
        self._asked: dict[str, Future[object]] = {}
        self._lock = Lock()

    def states(self) -> dict[str, str]:
        """What each component is found to be, within PATIENCE."""
        with self._lock:
            for name, ask in self._components.items():
                if name not in self._asked or self._asked[name].done():
                    self._asked[name] = self._threads.submit(ask)
            asked = dict(self._asked)
        wait(asked.values(), PATIENCE)
        return {name: _state(name, answer) for name, answer in asked.items()}


def readiness() -> Readiness:
    """The application's own, made when it is first asked for."""
    app = tenancy.application()
    found: Readiness | None = app.extensions.get("rapport.readiness")
    if found is None:
        found = app.extensions.setdefault("rapport.readiness", Readiness(components(app.services)))
    return found


def components(services: "Services") -> dict[str, Callable[[], object]]:
    """Each component with a question that only a working one answers."""
    databases = {"postgres control": "control", **{f"postgres cell {c}": c for c in services.db.addresses}}
    asked: dict[str, Callable[[], object]] = {}
    for name, cell in databases.items():
        asked[name] = lambda cell=cell: ping(services.db, cell)  # type: ignore[misc]
    asked["valkey"] = services.queues.ping
    asked["s3"] = services.storage.ping
    return asked


def _state(name: str, answer: Future[object]) -> str:
    problem = answer.exception() if answer.done() else TimeoutError()
    if problem is None:
        return "ok"
    log.warning("component does not answer", extra={"component": name, "reason": reason_of(problem)})
    return "does not answer"
