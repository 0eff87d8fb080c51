"""The three queues on Valkey, by RQ with JSON payloads."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as ConnectionRetry
from rq import Queue
from rq.serializers import JSONSerializer

from infra.errors import Unavailable
from infra.jobs.declared import JobSpec
from infra.settings import Settings

QUEUES = ("high", "default", "bulk")
RUNNER = "infra.jobs.runner.run"
DISPATCH_FLAG_TTL = 5
SCHEDULE_ALIVE = "rapport:schedule"
"""Stands while a scheduler is at work."""
"""Seconds until a dispatch that was asked for and never ran may be asked for again."""


class QueuesUnavailable(Unavailable):
    """Valkey does not answer."""

    code = "queues_unavailable"


class Queues:
    """Sends jobs. Raises QueuesUnavailable when Valkey is away."""

    def __init__(self, settings: Settings) -> None:
        self.connection: Redis = Redis.from_url(
            settings.valkey_url,
            socket_connect_timeout=2,
            socket_timeout=5,
            retry=ConnectionRetry(ExponentialBackoff(cap=0.2, base=0.02), 1),
            health_check_interval=30,
        )

    def queue(self, name: str) -> Queue:
        """An RQ queue by name."""
        return Queue(name, connection=self.connection, serializer=JSONSerializer)

    def send(
        self,
        spec: JobSpec,
        tenant_id: UUID | None,
        arguments: dict[str, Any],
        *,
        attempt: int = 1,
        delay: int = 0,
        flag: str | None = None,
    ) -> None:
        """Puts a job on its queue, after `delay` seconds; the runner takes the flag down as it begins."""
        payload = {
            "name": spec.name,
            "tenant": str(tenant_id) if tenant_id else None,
            "arguments": arguments,
            "attempt": attempt,
            "flag": flag,
        }
        options: dict[str, Any] = {"job_timeout": spec.timeout, "result_ttl": 0, "failure_ttl": 3600}
        with valkey_errors():
            queue = self.queue(spec.queue)
            if delay:
                queue.enqueue_in(timedelta(seconds=delay), RUNNER, kwargs=payload, **options)
            else:
                queue.enqueue_call(
                    RUNNER,
                    kwargs=payload,
                    timeout=spec.timeout,
                    result_ttl=0,
                    failure_ttl=3600,
                    description=spec.name,
                )

    def send_once(
        self, spec: JobSpec, tenant_id: UUID, flag: str, *, ttl: int = DISPATCH_FLAG_TTL, delay: int = 0
    ) -> bool:
        """As `send`, unless the flag is already up for the tenant. It goes down when the job begins."""
        with valkey_errors():
            if not self.connection.set(flag_key(flag, tenant_id), "1", nx=True, ex=ttl + delay):
                return False
        self.send(spec, tenant_id, {}, delay=delay, flag=flag)
        return True

    def lower_flag(self, flag: str, tenant_id: UUID) -> None:
        """Takes a coalescing flag down, so that news from now on asks for another run."""
        with valkey_errors():
            self.connection.delete(flag_key(flag, tenant_id))

    def send_many_once(self, spec: JobSpec, tenant_ids: Collection[UUID], flag: str) -> None:
        """`send_once` for several tenants; all flags go up in one round trip."""
        tenants = list(tenant_ids)
        with valkey_errors(), self.connection.pipeline(transaction=False) as pipeline:
            for tenant_id in tenants:
                pipeline.set(flag_key(flag, tenant_id), "1", nx=True, ex=DISPATCH_FLAG_TTL)
            raised = pipeline.execute()
        for tenant_id, is_new in zip(tenants, raised, strict=True):
            if is_new:
                self.send(spec, tenant_id, {}, flag=flag)

    def ping(self) -> None:
        """Raises QueuesUnavailable when Valkey does not answer."""
        with valkey_errors():
            self.connection.ping()


def flag_key(flag: str, tenant_id: UUID) -> str:
    return f"rapport:flag:{flag}:{tenant_id.hex}"


@contextmanager
def valkey_errors() -> Iterator[None]:
    """Turns what the client raises into QueuesUnavailable."""
    try:
        yield
    except RedisError as problem:
        raise QueuesUnavailable from problem
