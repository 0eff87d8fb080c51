"""Sends what is due: lease a batch, mark a window of it `sending`, then one by one begin → content → outcome.

No database connection is held while a server talks. How a mail ended is committed together with the beginning of
the next, so that each costs one round trip; before any pause it is committed by itself. The transport hears of a
few mails ahead, because what comes before a mail's content can be said for several at once. Mails are grouped by
recipient domain, and what a limit keeps back waits while the other domains go on.
"""

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from infra import clock, metrics
from infra.db import TenantRef
from infra.errors import Unavailable
from infra.mail.leases import Ended, Leased, LeaseLost, Leases
from infra.mail.mime import BadMail
from infra.mail.purposes import MailPurposes
from infra.mail.rates import Buckets, Domains
from infra.mail.sender_making import Maker, Ready
from infra.mail.servers import open_transport
from infra.mail.transport import LANES, Outcome, Transport, TransportAway
from infra.services import Services
from infra.settings import Settings

BATCH = 200
WINDOW = 20
"""Mails that are marked `sending` by one commit to the disk."""
BUDGET = 30.0
"""Seconds that one call goes on; what is left is for the next, so that no tenant keeps a worker."""
SERVER_AWAY = timedelta(seconds=30)

log = logging.getLogger(__name__)


def send_batch(
    services: Services,
    tenant: TenantRef | None,
    purposes: MailPurposes,
    *,
    transport: Transport | None = None,
    budget: float = BUDGET,
) -> bool:
    """Sends the due mails of a tenant, or of the platform; True when some are left for another call."""
    warm, buckets = _warm(services.settings)
    leases = Leases(services.db, tenant)
    sender = _Sender(tenant, leases, transport or warm, buckets)
    maker = Maker(services, tenant, purposes, leases, sender.rewrites)
    deadline = time.monotonic() + budget
    leases.expire()
    while time.monotonic() < deadline:
        leased = leases.take(BATCH)
        if not leased:
            return False
        if not sender.deliver(maker.make(leased), deadline):
            return False
    return True


class _Sender:
    def __init__(self, tenant: TenantRef | None, leases: Leases, transport: Transport, buckets: Buckets) -> None:
        self._tenant_id = tenant.id if tenant else None
        self._leases = leases
        self._transport = transport
        self._buckets = buckets
        self._ended: Ended | None = None

    @property
    def rewrites(self) -> frozenset[str]:
        """Headers that the transport changes."""
        return self._transport.rewrites

    def deliver(self, ready: Sequence[Ready], deadline: float) -> bool:
        """Sends until all are done or time is up; what is not tried goes back. False when the server is away."""
        waiting: dict[Domains, deque[Ready]] = {}
        for each in ready:
            waiting.setdefault(each.domains, deque()).append(each)
        try:
            while waiting and time.monotonic() < deadline:
                pause = self._send_round(waiting, deadline)
                if waiting and pause > 0:
                    self._write_down()
                    time.sleep(max(0.0, min(pause, 1.0, deadline - time.monotonic())))
        except TransportAway:
            self._write_down()
            self._give_back(waiting, SERVER_AWAY)
            return False
        finally:
            self._write_down()
        self._give_back(waiting, timedelta(seconds=1))
        return True

    def _send_round(self, waiting: dict[Domains, deque[Ready]], deadline: float) -> float:
        """Sends as many as the limits let through now; answers the seconds to wait when there are none."""
        wanted = {domains: len(queue) for domains, queue in waiting.items()}
        allowed = self._buckets.take(self._tenant_id, wanted)
        going = [each for domains, (given, _) in allowed.items() for each in islice(waiting[domains], given)]
        for start in range(0, len(going), WINDOW):
            if time.monotonic() >= deadline:
                break
            self._send_window(going[start : start + WINDOW], waiting, deadline)
        return 0.0 if going else min(pause for _, pause in allowed.values())

    def _send_window(self, window: Sequence[Ready], waiting: dict[Domains, deque[Ready]], deadline: float) -> None:
        """The window's mails are made and signed in one go while its commit waits for the disk."""

        def make() -> None:
            for each in window:
                each.prepare()

        may = self._leases.open_window([each.mail for each in window], meanwhile=make)
        for start in range(0, len(window), LANES):
            if time.monotonic() >= deadline:
                return
            group = window[start : start + LANES]
            made = [each.find_envelope() for each in group if each.mail.id in may]
            self._transport.announce([envelope for envelope in made if envelope is not None])
            for each in group:
                if each.mail.id in may:
                    self._send(each)
                else:
                    self._leases.give_back(each.mail, timedelta(0))
                queue = waiting[each.domains]
                queue.popleft()
                if not queue:
                    del waiting[each.domains]

    def _send(self, ready: Ready) -> None:
        mail = ready.mail
        try:
            envelope = ready.envelope
        except BadMail as problem:
            return self._leases.finish(mail, "refused", str(problem))
        try:
            outcome = self._transport.send(envelope, self._beginning(mail, envelope.message_id))
        except LeaseLost:
            log.info("a mail is not sent from here", extra={"mail": str(mail.id)})
            self._leases.give_back(mail, timedelta(0))
            return
        metrics.mail_ended(outcome.kind)
        if outcome.kind == "later":
            self._stubbornly(lambda: self._leases.again(mail, outcome.reply))
        else:
            self._write_down()
            self._ended = Ended(mail, outcome, clock.now())

    def _beginning(self, mail: Leased, message_id: str) -> Callable[[], None]:
        """Commits that the mail is begun, once, however often the transport asks."""
        begun = False

        def begin() -> None:
            nonlocal begun
            if begun:
                return
            before = self._ended
            try:
                self._leases.begin(mail, message_id, before)
            except LeaseLost:
                self._ended = None
                raise
            begun, self._ended = True, None

        return begin

    def _write_down(self) -> None:
        """How the last mail ended; it may be written twice."""
        ended = self._ended
        if ended is not None:
            self._stubbornly(lambda: self._leases.finish(ended.mail, ended.outcome.kind, ended.outcome.reply))
            self._ended = None

    def _stubbornly(self, record: Callable[[], None]) -> None:
        """Tries for a while: an outcome that is not recorded becomes `unknown`."""
        for pause in (0.1, 0.5, 2.0, 5.0, None):
            try:
                return record()
            except Unavailable:
                if pause is None:
                    raise
                time.sleep(pause)

    def _give_back(self, waiting: Mapping[Domains, Iterable[Ready]], after: timedelta) -> None:
        self._leases.give_back_all([each.mail for queue in waiting.values() for each in queue], after)


_open: dict[tuple[Settings, int], tuple[Transport, Buckets]] = {}


def _warm(settings: Settings) -> tuple[Transport, Buckets]:
    """The process's warm connections for these settings; a forked child opens its own."""
    key = (settings, os.getpid())
    if key not in _open:
        _open[key] = (open_transport(settings), Buckets(settings))
    return _open[key]


@atexit.register
def close() -> None:
    """Ends the warm connections of this process."""
    for (_, process), (transport, buckets) in _open.items():
        if process == os.getpid():
            transport.close()
            buckets.close()
    _open.clear()


__all__ = ["BATCH", "Leased", "Outcome", "close", "send_batch"]
