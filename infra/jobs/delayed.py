"""Puts delayed jobs on their queues when their time has come, from a thread of each worker process.

RQ would fork a process for it. That one outlives a worker that is killed, and keeps every socket the worker had
open, so that PostgreSQL does not learn of the death and goes on holding what the worker had locked.
"""

import logging
from threading import Event, Thread

from redis import Redis
from redis.exceptions import RedisError
from redis.lock import Lock
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
        self._scheduler.enqueue_scheduled_jobs()  # type: ignore[no-untyped-call]
        return True

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD):
            try:
                self.release()
            except RedisError:
                log.warning("valkey does not answer; delayed jobs wait")
        try:
            if self._lock.owned():
                self._lock.release()
        except RedisError:
            log.warning("valkey does not answer; another process takes over the delayed jobs in a while")
