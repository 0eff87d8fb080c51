"""Prometheus metrics of every process on this machine, served on a port of their own; nothing without that port.

Each process counts into files under `<data_dir>/metrics`. Whichever of them gets the port serves the sum of all,
and when it ends another takes the port over: one address to scrape, however many processes there are.
Labels are bounded: endpoints, jobs, reactions, outcomes, and of the tenants only those that a setting names.
"""

from infra.metrics.exporter import Source, serve
from infra.metrics.meters import delivered, job_ended, mail_ended, request_served

__all__ = ["Source", "delivered", "job_ended", "mail_ended", "request_served", "serve"]
