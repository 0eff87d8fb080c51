"""The application over other services in each test: its four hundred routes are compiled once in a process."""

from typing import Any

from infra.services import Services
from infra.settings import Settings
from web.application import Application

_made: dict[Settings, tuple[Application, dict[str, Any]]] = {}


def app_over(services: Services) -> Application:
    """As `create_app`, but whoever asked for these settings before gives their application away."""
    from web import create_app

    if services.settings not in _made:
        app = create_app(services)
        _made[services.settings] = app, dict(app.extensions)
    app, extensions = _made[services.settings]
    app.extensions.clear()
    app.extensions.update(extensions)
    app.work_with(services)
    return app
