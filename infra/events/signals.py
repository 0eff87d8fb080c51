"""Waking the dispatcher without a round trip per event.

A process collects the tenants that have news and a thread hands them to Valkey ten times a second. A signal
that is lost (crash, Valkey away) costs time, not events: the sweeper visits every tenant in turn.
"""

import logging
from collections.abc import Callable, Collection
from threading import Condition, Thread
from uuid import UUID

from sqlalchemy.orm import Session

from infra.db.after_commit import after_commit
from infra.db.scope import TenantRef
from infra.errors import Unavailable

PERIOD = 0.1
"""Seconds between two hand-overs."""

log = logging.getLogger(__name__)

Send = Callable[[Collection[UUID]], None]


class Signals:
    """Collects tenants with undispatched events and sends them in batches from a thread of its own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._pending: set[UUID] = set()
        self._news = Condition()
        self._stopping = False
        self._thread: Thread | None = None

    def signal(self, tenant_id: UUID) -> None:
        """Notes that the tenant has news. Costs no round trip."""
        if tenant_id in self._pending:
            return
        with self._news:
            is_first = not self._pending
            self._pending.add(tenant_id)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="event-signals", daemon=True)
                self._thread.start()
            if is_first:  # waking the thread for each would cost a request more than all else about its event
                self._news.notify()

    def flush(self) -> None:
        """Sends what is pending now; what cannot be sent is left to the sweeper."""
        with self._news:
            tenants, self._pending = self._pending, set()
        if tenants:
            try:
                self._send(tenants)
            except Unavailable:
                log.warning("event signals not sent; the sweeper will find the events")

    def stop(self) -> None:
        """Ends the thread after a last hand-over."""
        with self._news:
            self._stopping = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._stopping:
            with self._news:
                self._news.wait_for(lambda: self._pending or self._stopping)
                if not self._stopping:
                    self._news.wait_for(lambda: self._stopping, timeout=PERIOD)
            self.flush()


_signals: Signals | None = None


def configure(send: Send | None) -> None:
    """Called once by each process's composition root; without it, signals are dropped and the sweeper serves."""
    global _signals
    if _signals is not None:
        _signals.stop()
    _signals = Signals(send) if send is not None else None


def signal(tenant_id: UUID) -> None:
    """Tells the dispatcher that this tenant has committed events."""
    if _signals is not None:
        _signals.signal(tenant_id)


def signal_after_commit(session: Session) -> None:
    """As `signal`, for the session's tenant, once its transaction has committed."""
    tenant = session.info.get("tenant")
    if isinstance(tenant, TenantRef):
        after_commit(session, lambda: signal(tenant.id), once=("events", tenant.id))
