"""A worker whose long work kills it the first time, when half of its file is made."""

import os
import signal
import sys
import time
from collections.abc import Iterator

import worker
from infra import log, long_jobs
from infra.jobs.worker import work
from infra.long_jobs import Work
from infra.services import Services
from infra.settings import load

PIECES = 30
PIECE = b"a line of a megabyte\n" * 50_000


@long_jobs.kind("tests.deadly", title="Deadly", permission="console.read")
def deadly(work: Work) -> None:
    work.store(_pieces(work), content_type="text/csv")


@long_jobs.kind("tests.endless", title="Endless", permission="console.read")
def endless(work: Work) -> None:
    """Goes on for half an hour, in small steps."""
    for number in range(60_000):
        work.advance(number, 60_000)
        time.sleep(0.03)


def _pieces(work: Work) -> Iterator[bytes]:
    for number in range(PIECES):
        work.advance(number, PIECES)
        yield PIECE
        if work.attempt == 1 and number == PIECES // 2:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    settings = load()
    log.configure(settings)
    services = Services.start(settings)
    worker.compose(services)
    work(settings, burst="stay" not in sys.argv)
