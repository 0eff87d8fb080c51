"""The web process: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from infra.services import Services
from infra.settings import load
from web import create_app

app = create_app(Services.start(load()))
