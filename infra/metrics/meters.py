"""What processes count. Every function does nothing until `start` was called in its process."""

import os
from pathlib import Path
from typing import Any

from infra.settings import Settings

FOLDER = "metrics"
MOST_TENANTS = 50
"""Tenants that may have lines of their own; each costs as many lines as there are classes of answers."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_meters: "Meters | None" = None


class Meters:
    """The counters of this process. Label children are kept, because finding them costs more than counting."""

    def __init__(self, tenants: frozenset[str]) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        own = CollectorRegistry(auto_describe=False)
        self.tenants = tenants
        self.requests = Counter(
            "rapport_requests", "Answers by endpoint and class of status", ["endpoint", "status"], registry=own
        )
        self.request_seconds = Histogram(
            "rapport_request_seconds", "Seconds until an answer", ["endpoint"], buckets=SECONDS, registry=own
        )
        self.tenant_requests = Counter(
            "rapport_tenant_requests", "Answers of the tenants that are watched", ["tenant", "status"], registry=own
        )
        self.jobs = Counter("rapport_jobs", "Jobs by outcome", ["job", "outcome"], registry=own)
        self.job_seconds = Histogram(
            "rapport_job_seconds", "Seconds of a job", ["job"], buckets=(*SECONDS, 60.0, 600.0), registry=own
        )
        self.deliveries = Counter(
            "rapport_event_deliveries", "Events handed to a reaction", ["reaction", "outcome"], registry=own
        )
        self.mails = Counter("rapport_mails", "Mails by outcome", ["outcome"], registry=own)
        self._children: dict[tuple[str, ...], Any] = {}

    def child(self, meter: Any, *labels: str) -> Any:
        """The counter of these labels."""
        key = (meter._name, *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = meter.labels(*labels)
        return found


def start(settings: Settings) -> Path:
    """Makes this process count and answers the folder. The library decides for files at its import."""
    global _meters
    folder = Path(settings.data_dir).absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    if _meters is None:
        _meters = Meters(frozenset(settings.metrics_tenants.split()[:MOST_TENANTS]))
    return folder


def request_served(endpoint: str | None, status: int, seconds: float, tenant: str | None) -> None:
    """An answer left. `endpoint` None: no page has this address; what was asked for never becomes a label."""
    if _meters is None:
        return
    name, outcome = endpoint or "none", f"{status // 100}xx"
    _meters.child(_meters.requests, name, outcome).inc()
    _meters.child(_meters.request_seconds, name).observe(seconds)
    if tenant is not None and tenant in _meters.tenants:
        _meters.child(_meters.tenant_requests, tenant, outcome).inc()


def job_ended(job: str, outcome: str, seconds: float) -> None:
    """A job was done, will be retried, or failed for good (`done`, `retried`, `failed`)."""
    if _meters is not None:
        _meters.child(_meters.jobs, job, outcome).inc()
        _meters.child(_meters.job_seconds, job).observe(seconds)


def delivered(reaction: str, outcome: str, count: int = 1) -> None:
    """Events were handed to a reaction (`done`, `retried`, `failed`)."""
    if _meters is not None and count:
        _meters.child(_meters.deliveries, reaction, outcome).inc(count)


def mail_ended(outcome: str) -> None:
    """A mail came to an outcome (`sent`, `deferred`, `refused`, `unknown`, …)."""
    if _meters is not None:
        _meters.child(_meters.mails, outcome).inc()
