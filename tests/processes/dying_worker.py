"""A worker whose long work kills it the first time, when half of its file is made."""

import os
import signal
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
    work(settings, burst=True)
