"""A look at the queues and workers, for people: what waits, since when, who works on what, what RQ gave up on.

One connection of its own with a short deadline, so that a page that shows this stands within a second or two also
while Valkey hangs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from redis import Redis
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from infra.errors import NotFound
from infra.jobs.queues import QUEUES, SCHEDULE_ALIVE, valkey_errors
from infra.settings import Settings

DEADLINE = 1.0
"""Seconds for each answer of Valkey."""
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Work:
    """A job as RQ holds it: what it is called, for which tenant, since when. Ids and codes only."""

    id: str
    name: str
    tenant_id: UUID | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker process. `current` is None while it waits."""

    name: str
    host: str
    pid: int | None
    queues: tuple[str, ...]
    state: str
    born_at: datetime | None
    heard_at: datetime | None
    current: Work | None


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue. `oldest_at` is when the job at its head was put there."""

    name: str
    depth: int
    oldest_at: datetime | None
    scheduled: int
    failed: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Queues and workers at one moment."""

    queues: tuple[QueueSeen, ...]
    workers: tuple[WorkerSeen, ...]
    failed: tuple[Work, ...]
    """What RQ itself gave up on in the last hour, such as a job whose worker was killed; the newest first."""
    has_schedule: bool = True
    """Whether a scheduler is at work."""


def look(settings: Settings) -> Looked:
    """Raises QueuesUnavailable when Valkey does not answer in time."""
    with _connected(settings) as connection:
        queues = [_queue(connection, name) for name in QUEUES]
        failed = [work for queue in queues for work in _failed(connection, queue)]
        workers = sorted(Worker.all(connection=connection, serializer=JSONSerializer), key=lambda each: each.name)
        newest = sorted(failed, key=lambda work: work.at or datetime.min.replace(tzinfo=UTC), reverse=True)
        return Looked(
            tuple(_seen(queue) for queue in queues),
            tuple(_worker(worker) for worker in workers),
            tuple(newest[:MOST_SHOWN]),
            bool(connection.exists(SCHEDULE_ALIVE)),
        )


def send_again(settings: Settings, job_id: str) -> str:
    """Puts a job that RQ gave up on back on its queue and answers its name. Raises NotFound."""
    with _connected(settings) as connection:
        for queue in (_queue(connection, name) for name in QUEUES):
            if job_id in queue.failed_job_registry:
                try:
                    return _work(queue.failed_job_registry.requeue(job_id)).name
                except (NoSuchJobError, InvalidJobOperation):
                    raise NotFound() from None
    raise NotFound()


@contextmanager
def _connected(settings: Settings) -> Iterator[Redis]:
    connection = Redis.from_url(
        settings.valkey_url, socket_connect_timeout=DEADLINE, socket_timeout=DEADLINE, retry_on_timeout=False
    )
    with valkey_errors():
        try:
            yield connection
        finally:
            connection.close()


def _queue(connection: Redis, name: str) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def _seen(queue: Queue) -> QueueSeen:
    head = _find(queue.connection, next(iter(queue.get_job_ids(0, 1)), None))
    return QueueSeen(
        name=queue.name,
        depth=queue.count,
        oldest_at=_aware(head.enqueued_at) if head else None,
        scheduled=queue.scheduled_job_registry.count,
        failed=queue.failed_job_registry.count,
    )


def _failed(connection: Redis, queue: Queue) -> Iterator[Work]:
    for job_id in queue.failed_job_registry.get_job_ids(0, MOST_SHOWN - 1, desc=True):
        job = _find(connection, job_id)
        if job is not None:
            yield _work(job)


def _worker(worker: BaseWorker) -> WorkerSeen:
    job = _find(worker.connection, worker.get_current_job_id())
    current = _work(job, job.started_at) if job else None
    return WorkerSeen(
        name=worker.name,
        host=str(worker.hostname or ""),
        pid=worker.pid,
        queues=tuple(worker.queue_names()),
        state=str(worker.get_state()),
        born_at=_aware(worker.birth_date),
        heard_at=_aware(worker.last_heartbeat),
        current=current,
    )


def _find(connection: Redis, job_id: str | None) -> Job | None:
    """The job; None when it has ended meanwhile."""
    if job_id is None:
        return None
    try:
        return Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return None


def _work(job: Job, at: datetime | None = None) -> Work:
    payload = job.kwargs or {}
    tenant = payload.get("tenant")
    return Work(
        id=job.id,
        name=str(payload.get("name", job.func_name)),
        tenant_id=UUID(tenant) if tenant else None,
        at=_aware(at or job.ended_at or job.enqueued_at),
    )


def _aware(moment: datetime | None) -> datetime | None:
    """RQ's moments are UTC, some without saying so."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
