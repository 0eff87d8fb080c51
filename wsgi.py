"""The web process: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from infra import log
from infra.events import jobs as event_jobs
from infra.services import Services
from infra.settings import load
from web import create_app

settings = load()
log.configure(settings)
services = Services.start(settings)
event_jobs.connect_signals(services.queues)
app = create_app(services)
