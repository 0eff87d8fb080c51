"""Parts of a page that may not answer: each has what is left of the page's time, and the page opens without it."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from infra.errors import Unavailable
from infra.events.dispatch import reason_of
from web import tenancy

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds that the control plane has for all parts of a page together."""
LEAST = 0.2
"""Seconds that each part has in any case."""

log = logging.getLogger(__name__)


class Parts:
    """The parts of one page. What does not answer is None, and the page says so in its place."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._until = time.monotonic() + patience

    def ask(self, read: Callable[[Session], T]) -> T | None:
        """What `read` finds in the control plane, within the time that is left."""
        session = tenancy.session()
        left = max(LEAST, self._until - time.monotonic())
        try:
            with session.begin_nested():
                session.execute(select(func.set_config("statement_timeout", str(int(left * 1000)), True)))
                return read(session)
        except OperationalError as problem:
            _note(problem)
        return None

    def call(self, look: Callable[[], T]) -> T | None:
        """What another component answers; it keeps its own deadline."""
        try:
            return look()
        except Unavailable as problem:
            _note(problem)
        return None


def _note(problem: Exception) -> None:
    log.warning("a part of an operators' page did not answer", extra={"reason": reason_of(problem)})
