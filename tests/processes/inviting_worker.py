"""A worker that asks the door for two people at a time; with "die" it is killed while it is at the second piece."""

import os
import signal
import sys

import worker
from infra import log
from infra.jobs.worker import work
from infra.services import Services
from infra.settings import load
from surveys import invitations

invitations.PIECE = 2
asked: list[int] = []
ask = invitations._ask


def ask_and_die(*given: object) -> bool:
    """The first piece is committed; the second one is written and never is."""
    went_on = ask(*given)  # type: ignore[arg-type]
    asked.append(1)
    if len(asked) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return went_on


if __name__ == "__main__":
    if "die" in sys.argv:
        invitations._ask = ask_and_die
    settings = load()
    log.configure(settings)
    services = Services.start(settings)
    worker.compose(services)
    work(settings, burst=True)
