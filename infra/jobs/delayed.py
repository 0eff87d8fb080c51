"""Puts delayed jobs on their queues when their time has come, from a thread of each worker process.

RQ would fork a process for it. That one outlives a worker that is killed, and keeps every socket the worker had
open, so that PostgreSQL does not learn of the death and goes on holding what the worker had locked.
"""

import logging
from threading import Event, Thread

from redis import Redis
from redis.exceptions import RedisError
from redis.lock import Lock
from rq.job import Job
from rq.registry import ScheduledJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from infra.jobs.queues import QUEUES

PERIOD = 1.0
"""Seconds between two looks."""
LOCK = "rapport:delayed"
HELD_FOR = 10
"""Seconds after which another process takes over from one that died or hangs."""

log = logging.getLogger(__name__)


class Delayed:
    """The thread. Of all processes one at a time has the task; another takes over when it is gone."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._lock = Lock(connection, LOCK, timeout=HELD_FOR, blocking=False, thread_local=False)
        self._scheduler = RQScheduler(QUEUES, connection, logging_level="WARNING", serializer=JSONSerializer)
        self._scheduler.prepare_registries(QUEUES)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="delayed-jobs", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and leaves the task to another process."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def release(self) -> bool:
        """Puts on their queues the jobs whose time has come; False when that is another's task now."""
        if self._lock.owned():
            self._lock.reacquire()
        elif not self._lock.acquire():
            return False
        try:
            self._scheduler.enqueue_scheduled_jobs()  # type: ignore[no-untyped-call]
        except RedisError:
            raise
        except Exception:
            log.exception("a delayed job cannot be read; those like it are dropped, the others go on")
            self._drop_unreadable()
        return True

    def _drop_unreadable(self) -> None:
        """Takes away what stands in the way of all others; the sweeper finds the work that it was to do."""
        for name in QUEUES:
            registry = ScheduledJobRegistry(name, connection=self._connection, serializer=JSONSerializer)  # type: ignore[no-untyped-call]
            for job in registry.get_jobs_to_schedule():
                try:
                    Job.fetch(job, connection=self._connection, serializer=JSONSerializer)
                except RedisError:
                    raise
                except Exception as problem:  # noqa: BLE001 - whatever it is, nobody will be able to run it
                    log.error("a delayed job is dropped", extra={"job": job, "reason": type(problem).__name__})
                    registry.remove(job)

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD):
            try:
                self.release()
            except RedisError:
                log.warning("valkey does not answer; delayed jobs wait")
            except Exception:
                log.exception("delayed jobs wait")  # the thread goes on: nobody would start another
        try:
            if self._lock.owned():
                self._lock.release()
        except RedisError:
            log.warning("valkey does not answer; another process takes over the delayed jobs in a while")
