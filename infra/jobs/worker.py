"""Worker processes: RQ's SimpleWorker (no fork per job), several side by side, ended gracefully."""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from infra.jobs import stopping
from infra.jobs.delayed import Delayed
from infra.jobs.queues import QUEUES
from infra.settings import Settings

log = logging.getLogger(__name__)


class Worker(SimpleWorker):
    """Says to what it is doing that it shall end; what is short is finished, what is long lets go."""

    def request_stop(self, signum: int | None, frame: FrameType | None) -> None:
        """The handler of SIGTERM and SIGINT."""
        stopping.tell()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(settings: Settings, *, burst: bool = False) -> None:
    """Works jobs in this process until SIGTERM or SIGINT; the job at hand is finished first, long work lets go.

    When Valkey is away it waits and comes back by itself.
    """
    if burst:
        _work(settings, burst=True)
        return
    delayed = Delayed(Redis.from_url(settings.valkey_url, socket_connect_timeout=5, socket_timeout=5))
    delayed.start()
    try:
        _work(settings, burst=False)
    finally:
        delayed.stop()


def _work(settings: Settings, *, burst: bool) -> None:
    while True:
        connection = Redis.from_url(settings.valkey_url, socket_connect_timeout=5)
        worker = Worker(
            [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES],
            connection=connection,
            serializer=JSONSerializer,
            default_worker_ttl=60,
            maintenance_interval=60,
        )
        try:
            worker.work(burst=burst, logging_level="WARNING")
            return
        except RedisError:
            log.warning("valkey does not answer; the worker waits and tries again")
            time.sleep(1)


def work_in_processes(count: int, start: Callable[[], None]) -> None:
    """Runs `start` in `count` child processes and replaces one that dies, until SIGTERM or SIGINT."""
    context = multiprocessing.get_context("spawn")
    stopping = False

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    children = [_spawn(context, start) for _ in range(count)]
    while not stopping:
        for index, child in enumerate(children):
            child.join(timeout=0.2)
            if not child.is_alive() and not stopping:
                log.warning("a worker process ended and is replaced", extra={"exit": child.exitcode})
                children[index] = _spawn(context, start)
    for child in children:
        if child.pid and child.is_alive():
            os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    for child in children:
        child.join(timeout=max(0.0, deadline - time.monotonic()))
        if child.is_alive():
            child.kill()


def _spawn(
    context: multiprocessing.context.SpawnContext, start: Callable[[], None]
) -> multiprocessing.context.SpawnProcess:
    child = context.Process(target=start, daemon=False)
    child.start()
    return child
