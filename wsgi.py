"""The web process: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

import gc

from infra import log, metrics
from infra.events import jobs as event_jobs
from infra.services import Services
from infra.settings import load
from tenants import gauges
from web import create_app

settings = load()
log.configure(settings)
services = Services.start(settings)
metrics.serve(settings, gauges.sources(services))
event_jobs.connect_signals(services.queues)
app = create_app(services)

gc.collect()
gc.freeze()  # modules, routes and mappers stay for good; the collector need not look at them again and again
