"""All HTTP, cut by audience: the platform's own pages, the console of staff, the public pages, the API."""

from importlib import import_module
from typing import TYPE_CHECKING

from flask import Blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from infra import render

if TYPE_CHECKING:
    from infra.services import Services
    from web.application import Application

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes; a handler that takes more says so on its request."""


def create_app(services: "Services") -> "Application":
    """The WSGI application over the given services."""
    from surveys import link_checks
    from web import auth, context, errors, registries
    from web.application import Application
    from web.console import appearance, jobs, places
    from web.portal import frame as portal_frame
    from web.portal import openid_accounts

    registries.compose()
    app = Application(services)
    app.config.update(
        SECRET_KEY=services.settings.secret,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=5000,
        PREFERRED_URL_SCHEME="https" if services.settings.secure else "http",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if services.settings.proxies:
        trusted = services.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    render.prepare(app.jinja_env)
    auth.register(app)
    context.register(app)
    errors.register(app)
    places.register(app)
    appearance.register(app)
    jobs.register(app)
    portal_frame.register(app)
    openid_accounts.register(app)
    link_checks.configure(services.settings.link_rules)
    _register_surfaces(app)
    return app


def _register_surfaces(app: "Application") -> None:
    from web.api import v1
    from web.surfaces import SURFACES

    app.api = v1.register(app, [surface for surface in SURFACES if surface.name.startswith("api_v1.")])
    for surface in SURFACES:
        if surface.module and not surface.name.startswith("api_v1."):
            blueprint: Blueprint = import_module(surface.module).blueprint
            parent = surface.name.rpartition(".")[0]
            app.register_blueprint(blueprint, url_prefix=surface.prefix or None, name_prefix=parent)
