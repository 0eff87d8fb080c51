"""What an RQ worker calls for every job: finds the declaration, opens the session, decides about retries."""

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import structlog

from infra import metrics
from infra.db import TenantRef
from infra.events.dispatch import reason_of
from infra.jobs.declared import JobSpec, spec_of
from infra.services import Services

log = logging.getLogger(__name__)

PAUSES = (2, 10, 60, 300, 900, 3600)
"""Seconds before the second, third, … attempt."""


class TenantLookup(Protocol):
    """How the runner learns where a tenant lives; None when it is gone."""

    def __call__(self, tenant_id: UUID) -> TenantRef | None: ...


class FailureRecorder(Protocol):
    """Keeps a job that failed for good where a person can see and retry it."""

    def __call__(
        self, spec: JobSpec, tenant_id: UUID | None, arguments: dict[str, Any], reason: str, attempts: int
    ) -> None: ...


class Runtime:
    """What the worker's composition root gives the runner."""

    def __init__(self, services: Services, find_tenant: TenantLookup, record_failure: FailureRecorder) -> None:
        self.services = services
        self.find_tenant = find_tenant
        self.record_failure = record_failure


_runtime: Runtime | None = None


def configure(runtime: Runtime | None) -> None:
    """Called once by the worker's composition root."""
    global _runtime
    _runtime = runtime


def run(
    name: str, tenant: str | None, arguments: dict[str, Any], attempt: int = 1, flag: str | None = None
) -> None:
    """Runs a declared job once. A temporary failure is put back with a pause; any other is recorded as final.

    A coalescing flag goes down first, so that news from now on asks for another run.
    """
    if _runtime is None:
        raise RuntimeError("the job runner was not configured")
    runtime = _runtime
    spec = spec_of(name)
    tenant_id = UUID(tenant) if tenant else None
    began = time.monotonic()
    with structlog.contextvars.bound_contextvars(job=name, tenant=tenant, attempt=attempt):
        try:
            if flag and tenant_id:
                runtime.services.queues.lower_flag(flag, tenant_id)
            _call(runtime, spec, tenant_id, arguments)
            outcome = "done"
        except spec.retry_on as problem:
            if attempt < spec.attempts:
                outcome = "retried"
                log.warning("job will be tried again", extra={"reason": reason_of(problem)})
                delay = PAUSES[min(attempt, len(PAUSES)) - 1]
                runtime.services.queues.send(spec, tenant_id, arguments, attempt=attempt + 1, delay=delay)
            else:
                outcome = "failed"
                _fail(runtime, spec, tenant_id, arguments, problem, attempt)
        except Exception as problem:  # noqa: BLE001 - the runner is the edge: recorded, shown, retried by a person
            outcome = "failed"
            _fail(runtime, spec, tenant_id, arguments, problem, attempt)
    metrics.job_ended(name, outcome, time.monotonic() - began)


def _call(runtime: Runtime, spec: JobSpec, tenant_id: UUID | None, arguments: dict[str, Any]) -> None:
    function: Callable[..., Any] = spec.function
    tenant = None
    if tenant_id is not None:
        tenant = runtime.find_tenant(tenant_id)
        if tenant is None:
            log.info("job dropped, its tenant is gone")
            return
    if spec.scope == "services":
        function(runtime.services, tenant, **arguments)
        return
    if tenant is None:
        raise LookupError(f"{spec.name} needs a tenant")
    with runtime.services.db.tenant_session(tenant) as session:
        function(session, **arguments)


def _fail(
    runtime: Runtime,
    spec: JobSpec,
    tenant_id: UUID | None,
    arguments: dict[str, Any],
    problem: BaseException,
    attempt: int,
) -> None:
    log.error("job failed for good", extra={"reason": reason_of(problem)}, exc_info=problem)
    runtime.record_failure(spec, tenant_id, arguments, reason_of(problem), attempt)
