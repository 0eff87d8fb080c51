"""Sends what is due: lease a batch, make the mails, then one by one `sending` → DATA → outcome.

No database connection is held while SMTP talks. Mails are grouped by recipient domain, and what a limit keeps back
waits while the other domains go on.
"""

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError

from infra import clock, i18n, metrics
from infra.db import TenantRef
from infra.errors import NotFound, Unavailable
from infra.mail.dkim import signer_for
from infra.mail.leases import Leased, LeaseLost, Leases
from infra.mail.mime import BadMail, Envelope, build, domain_of, split
from infra.mail.purposes import MailPurposes, Message, OutgoingMail, name_of
from infra.mail.rates import Buckets
from infra.mail.transport import Outcome, SmtpTransport, SmtpUnavailable, Transport
from infra.mail.verp import return_path
from infra.services import Services
from infra.settings import Settings

BATCH = 50
BUDGET = 30.0
"""Seconds that one call goes on; what is left is for the next, so that no tenant keeps a worker."""
SERVER_AWAY = timedelta(seconds=30)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ready:
    mail: Leased
    envelope: Envelope

    @property
    def domains(self) -> tuple[str, str]:
        """The sending and the receiving domain, which share a limit."""
        return domain_of(self.envelope.sender), domain_of(self.envelope.recipient)


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
    sender = _Sender(services, tenant, purposes, transport or warm, buckets)
    deadline = time.monotonic() + budget
    sender.leases.expire()
    while time.monotonic() < deadline:
        leased = sender.leases.take(BATCH)
        if not leased:
            return False
        if not sender.deliver(sender.prepare(leased), deadline):
            return False
    return True


class _Sender:
    def __init__(
        self,
        services: Services,
        tenant: TenantRef | None,
        purposes: MailPurposes,
        transport: Transport,
        buckets: Buckets,
    ) -> None:
        self._settings, self._keys = services.settings, services.keys
        self._tenant = tenant
        self._purposes = purposes
        self._transport = transport
        self._buckets = buckets
        self._business = name_of(tenant)
        self.leases = Leases(services.db, tenant)

    def prepare(self, leased: Sequence[Leased]) -> list[_Ready]:
        """Makes the mails in one transaction; those with nothing to send or nothing sendable end here."""
        made: list[tuple[Leased, Message | Exception | None]] = []
        with self.leases.session() as session:
            for mail in leased:
                try:
                    with session.begin_nested(), i18n.use(mail.locale):
                        made.append((mail, self._purposes.render(session, self._outgoing(mail))))
                except (Unavailable, OperationalError, InterfaceError):
                    raise
                except Exception as problem:  # noqa: BLE001 - one purpose's mistake must not stop the others' mail
                    made.append((mail, problem))
        return [ready for mail, message in made if (ready := self._ready(mail, message)) is not None]

    def deliver(self, ready: Sequence[_Ready], deadline: float) -> bool:
        """Sends until all are done or time is up; what is not tried goes back. False when the server is away."""
        waiting: dict[tuple[str, str], deque[_Ready]] = {}
        for each in ready:
            waiting.setdefault(each.domains, deque()).append(each)
        try:
            while waiting and time.monotonic() < deadline:
                pauses = [self._send_some(domains, waiting, deadline) for domains in list(waiting)]
                if waiting and all(pauses):
                    time.sleep(max(0.0, min(*pauses, 1.0, deadline - time.monotonic())))
        except SmtpUnavailable:
            self._give_back(waiting, SERVER_AWAY)
            return False
        self._give_back(waiting, timedelta(seconds=1))
        return True

    def _send_some(
        self, domains: tuple[str, str], waiting: dict[tuple[str, str], deque[_Ready]], deadline: float
    ) -> float:
        """Sends as many to one domain as its limit lets through now; answers the seconds to wait if none."""
        queue = waiting[domains]
        given, pause = self._buckets.take(self._tenant.id if self._tenant else None, *domains, len(queue))
        for _ in range(given):
            if time.monotonic() >= deadline:
                break
            self._send(queue[0])
            queue.popleft()
        if not queue:
            del waiting[domains]
        return pause

    def _send(self, ready: _Ready) -> None:
        mail, envelope = ready.mail, ready.envelope
        try:
            outcome = self._transport.send(envelope, lambda: self.leases.begin(mail, envelope.message_id))
        except LeaseLost:
            log.warning("a mail's lease was lost before it was sent", extra={"mail": str(mail.id)})
            return
        self._record(mail, outcome)

    def _record(self, mail: Leased, outcome: Outcome) -> None:
        """Tries for a while: an outcome that is not recorded becomes `unknown`."""
        for pause in (0.1, 0.5, 2.0, 5.0, None):
            try:
                if outcome.kind == "later":
                    self.leases.again(mail, outcome.reply)
                else:
                    self.leases.finish(mail, outcome.kind, outcome.reply)
                metrics.mail_ended(outcome.kind)
                return
            except Unavailable:
                if pause is None:
                    raise
                time.sleep(pause)

    def _ready(self, mail: Leased, message: Message | Exception | None) -> _Ready | None:
        if message is None or isinstance(message, NotFound):
            self.leases.finish(mail, "cancelled", "there was nothing to send any more")
            return None
        if isinstance(message, Exception):
            reason = type(message).__name__
            log.error(
                "a mail could not be made", extra={"purpose": mail.purpose, "reason": reason}, exc_info=message
            )
            self.leases.again(mail, f"the mail could not be made ({reason})")
            return None
        try:
            return _Ready(mail, self._build(mail, message))
        except BadMail as problem:
            self.leases.finish(mail, "refused", str(problem))
            return None

    def _build(self, mail: Leased, message: Message) -> Envelope:
        """Signed when it goes out in the name of the platform's own domain."""
        own = domain_of(split(self._settings.mail_from)[1])
        signs = not message.sender or domain_of(split(message.sender)[1]) == own
        envelope = build(
            message,
            id=mail.id,
            date=clock.now(),
            default_sender=self._settings.mail_from,
            signer=signer_for(self._settings, own) if signs else None,
        )
        return replace(envelope, return_path=return_path(self._settings, self._keys, self._tenant, mail.id))

    def _outgoing(self, mail: Leased) -> OutgoingMail:
        row = (mail.id, mail.purpose, mail.ref, mail.key, mail.locale)
        return OutgoingMail(*row, self._tenant, self._settings, self._business)

    def _give_back(self, waiting: Mapping[tuple[str, str], Iterable[_Ready]], after: timedelta) -> None:
        for queue in waiting.values():
            for each in queue:
                self.leases.give_back(each.mail, after)


_open: dict[tuple[Settings, int], tuple[Transport, Buckets]] = {}


def _warm(settings: Settings) -> tuple[Transport, Buckets]:
    """The process's warm connections for these settings; a forked child opens its own."""
    key = (settings, os.getpid())
    if key not in _open:
        _open[key] = (SmtpTransport(settings), Buckets(settings))
    return _open[key]


@atexit.register
def close() -> None:
    """Ends the warm connections of this process."""
    for (_, process), (transport, buckets) in _open.items():
        if process == os.getpid():
            transport.close()
            buckets.close()
    _open.clear()
