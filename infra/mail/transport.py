"""What every way to send a mail answers, and SMTP: warm connections with four typed outcomes.

A few mails at a time are *announced*, side by side, each on its own connection: MAIL, RCPT, DATA, which deliver
nothing. Then one by one gets the word and goes. So a mail costs the time of its content and not that of three more
questions, and no more than one is ever on its way (`infra.mail.lanes`, decision 095).
"""

import logging
import smtplib
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Protocol

from infra.errors import Unavailable
from infra.mail.lanes import Gone, Lane, LeaveAlone, Outcome, Server
from infra.mail.mime import Envelope

TIMEOUT = 30.0
"""Seconds for one answer of the server; RFC 5321 4.5.3.2 allows servers minutes, our workers do not."""
LATE = 120.0
"""Seconds for the answer to the end of DATA, where giving up too early makes an `unknown`."""
LANES = 5
"""Connections of a worker to one server, and mails that are announced at a time; as many as Postfix begins with."""
FEWER = 300.0
"""Seconds for which we make do with the connections we have after the server refused one more."""

log = logging.getLogger(__name__)


class TransportAway(Unavailable):
    """Nothing can be handed over at the moment, whatever mail it is. No mail was touched."""

    code = "transport_away"
    message = "The mail server does not answer at the moment. Mails wait and are sent later."


class SmtpUnavailable(TransportAway):
    """The mail server cannot be reached or does not let us in."""

    code = "smtp_unavailable"


class Transport(Protocol):
    """Hands one mail over. Raises TransportAway before any mail is touched.

    `before_data` is called before the first step that may deliver it, perhaps more than once; if it raises, nothing
    is sent. `announce` names mails that are sent next and in this order; it delivers none, and whoever can make no
    use of it does nothing. `rewrites` names headers that are changed on the way, which a signature of ours must
    leave out.
    """

    rewrites: frozenset[str]

    def announce(self, envelopes: Sequence[Envelope]) -> None: ...

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome: ...

    def close(self) -> None: ...


class SmtpTransport:
    """Connections that stay open between mails, one where mails come singly. Not for several threads.

    The server's answers are awaited for `patience` seconds, the one to the end of DATA for `patience_at_end`.
    """

    rewrites: frozenset[str] = frozenset()

    def __init__(self, server: Server, patience: float = TIMEOUT, patience_at_end: float = LATE) -> None:
        self._server, self._patience, self._patience_at_end = server, patience, patience_at_end
        self._lanes: list[Lane] = []
        self._fewer_until = 0.0

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        """Up to LANES mails; what was announced before and not sent is taken back. Raises SmtpUnavailable."""
        for stale in [each for each in self._lanes if each.envelope is not None]:
            self._drop(stale)
        going = []
        for envelope in envelopes[:LANES]:
            lane = self._lane_beside()
            if lane is None:
                break
            going.append(lane.announce(envelope))
            next(going[-1], None)
        for _ in zip_longest(*going):  # a step of each, then the next
            continue

    def announces(self, envelope: Envelope) -> bool:
        """Whether the mail was announced here and waits for its word."""
        return any(lane.envelope is envelope for lane in self._lanes)

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Raises SmtpUnavailable when there is no connection; any other failure is an outcome.

        A warm connection that is gone before the mail went is replaced, once: that the server hung up between two
        mails says nothing about either.
        """
        lane = next((each for each in self._lanes if each.envelope is envelope), None) or self._lane()
        try:
            return lane.send(envelope, before_data)
        except Gone as problem:
            self._drop(lane)
            if lane.is_fresh:
                return Outcome("later", str(problem))
        lane = self._connect()
        try:
            return lane.send(envelope, before_data)
        except Gone as problem:
            self._drop(lane)
            return Outcome("later", str(problem))

    def greet(self) -> None:
        """Connects and signs in as for a mail, and sends none. Raises SmtpUnavailable."""
        self._lane()

    def close(self) -> None:
        """Ends the connections, politely when that works."""
        while self._lanes:
            self._lanes.pop().close()

    def _lane(self) -> Lane:
        return self._free() or self._connect()

    def _lane_beside(self) -> Lane | None:
        """For one mail of several; None when the server wants no more connections of ours."""
        lane = self._free()
        if lane is not None or not self._lanes:
            return lane or self._connect()
        if len(self._lanes) >= LANES or time.monotonic() < self._fewer_until:
            return None
        try:
            return self._connect()
        except SmtpUnavailable:
            self._fewer_until = time.monotonic() + FEWER
            return None

    def _free(self) -> Lane | None:
        """A connection that announces nothing and is still there."""
        for lane in [each for each in self._lanes if each.envelope is None]:
            if lane.is_fit():
                return lane
            self._drop(lane)
        return None

    def _connect(self) -> Lane:
        try:
            self._lanes.append(Lane(self._server, self._patience, self._patience_at_end))
        except (OSError, smtplib.SMTPException) as problem:
            reason = type(problem).__name__
            log.warning("a mail server does not let us in", extra={"server": repr(self._server), "reason": reason})
            raise SmtpUnavailable from problem
        return self._lanes[-1]

    def _drop(self, lane: Lane) -> None:
        self._lanes.remove(lane)
        lane.close()


__all__ = [
    "LANES",
    "LATE",
    "TIMEOUT",
    "LeaveAlone",
    "Outcome",
    "Server",
    "SmtpTransport",
    "SmtpUnavailable",
    "Transport",
    "TransportAway",
]
