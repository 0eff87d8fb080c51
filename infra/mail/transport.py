"""What every way to send a mail answers, and SMTP: one warm connection with four typed outcomes.

The line between "certainly not delivered" and "may have been" is the server's 354 to DATA. Whatever breaks before
it can be tried again; what breaks after it is `unknown`, because the server may have taken the mail.
"""

import logging
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from infra.errors import Unavailable
from infra.mail.mime import Envelope

TIMEOUT = 30.0
"""Seconds for one answer of the server; RFC 5321 4.5.3.2 allows servers minutes, our workers do not."""
LATE = 120.0
"""Seconds for the answer to the end of DATA, where giving up too early makes an `unknown`."""
MAILS_PER_CONNECTION = 500
ASK_AFTER = 1.0
"""Seconds of rest after which a warm connection is asked (RSET) whether it is still there."""

_DOT = re.compile(rb"^\.", re.MULTILINE)

log = logging.getLogger(__name__)


class TransportAway(Unavailable):
    """Nothing can be handed over at the moment, whatever mail it is. No mail was touched."""

    code = "transport_away"
    message = "The mail server does not answer at the moment. Mails wait and are sent later."


class SmtpUnavailable(TransportAway):
    """The mail server cannot be reached or does not let us in."""

    code = "smtp_unavailable"


class LeaveAlone(Exception):
    """Raised by `before_data`: this mail is not to be sent from here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`: the server has it. `later`: not delivered, try again. `refused`: never. `unknown`: perhaps."""

    kind: Literal["accepted", "later", "refused", "unknown"]
    reply: str


class Transport(Protocol):
    """Hands one mail over. Raises TransportAway before any mail is touched.

    `before_data` is called before the first step that may deliver it, perhaps more than once; if it raises, nothing
    is sent. `rewrites` names headers that are changed on the way, which a signature of ours must leave out.
    """

    rewrites: frozenset[str]

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Server:
    """One SMTP server. Among several, one with weight 0 is used only while all others are away."""

    host: str
    port: int
    tls: str = "none"
    user: str = ""
    password: str = ""
    weight: int = 1

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"


class _Gone(Exception):
    """The connection broke, or the server hung up, before it could have taken the mail."""


class SmtpTransport:
    """One connection that stays open between mails. Not for several threads.

    The server's answers are awaited for `patience` seconds, the one to the end of DATA for `patience_at_end`.
    """

    rewrites: frozenset[str] = frozenset()

    def __init__(self, server: Server, patience: float = TIMEOUT, patience_at_end: float = LATE) -> None:
        self._server, self._patience, self._patience_at_end = server, patience, patience_at_end
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0
        self._clean_until = 0.0

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Raises SmtpUnavailable when there is no connection; any other failure is an outcome.

        A warm connection that is gone before DATA is replaced, once: that the server hung up between two mails says
        nothing about either.
        """
        smtp, fresh = self._warm()
        try:
            return self._hand_over(smtp, envelope, before_data)
        except _Gone as problem:
            self.close()
            if fresh:
                return Outcome("later", str(problem))
        smtp, _ = self._warm()
        try:
            return self._hand_over(smtp, envelope, before_data)
        except _Gone as problem:
            self.close()
            return Outcome("later", str(problem))

    def greet(self) -> None:
        """Connects and signs in as for a mail, and sends none. Raises SmtpUnavailable."""
        self._warm()

    def close(self) -> None:
        """Ends the connection, politely when that works."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _warm(self) -> tuple[smtplib.SMTP, bool]:
        """An open connection, and whether it is new. One used a moment ago is not asked whether it is there."""
        clean, self._clean_until = time.monotonic() < self._clean_until, 0.0
        if self._smtp is not None and self._sent < MAILS_PER_CONNECTION:
            if clean:
                return self._smtp, False
            try:
                if self._smtp.rset()[0] == 250:
                    return self._smtp, False
            except (OSError, smtplib.SMTPException):
                log.debug("the warm connection was gone")
        self.close()
        try:
            self._smtp, self._sent = self._connect(), 0
        except (OSError, smtplib.SMTPException) as problem:
            reason = type(problem).__name__
            log.warning("a mail server does not let us in", extra={"server": repr(self._server), "reason": reason})
            raise SmtpUnavailable from problem
        return self._smtp, True

    def _connect(self) -> smtplib.SMTP:
        own = self._server
        if own.tls == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(own.host, own.port, timeout=self._patience, context=context)
        else:
            smtp = smtplib.SMTP(own.host, own.port, timeout=self._patience)
        try:
            if own.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if own.user:
                smtp.login(own.user, own.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """MAIL, RCPT, DATA. The server works on MAIL while the caller's word is waited for.

        And on RCPT too, where it takes several commands at once (RFC 2920).
        """
        options = b""
        if not envelope.recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                return Outcome("refused", "the mail server cannot send to such an address")
            options = b" SMTPUTF8"
        mail = b"MAIL FROM:<%b>%b\r\n" % ((envelope.return_path or envelope.sender).encode(), options)
        rcpt = b"RCPT TO:<%b>\r\n" % envelope.recipient.encode()
        two = bool(smtp.has_extn("pipelining"))
        try:
            smtp.send(mail + rcpt if two else mail)
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken("before DATA", problem) from problem
        self._wait_for_word(smtp, before_data, answers=1 + two)
        refused = self._both_answered(smtp, envelope) if two else self._one_by_one(smtp, envelope, rcpt)
        return refused if refused is not None else self._transfer(smtp, envelope)

    def _one_by_one(self, smtp: smtplib.SMTP, envelope: Envelope, rcpt: bytes) -> Outcome | None:
        refused = self._answered(smtp, envelope)
        if refused is not None:
            return refused
        try:
            smtp.send(rcpt)
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken("before DATA", problem) from problem
        return self._answered(smtp, envelope)

    def _both_answered(self, smtp: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """To MAIL and RCPT. A server that says no to the first may hang up before it answers the second."""
        refused = self._answered(smtp, envelope)
        if refused is None:
            return self._answered(smtp, envelope)
        if self._smtp is not None:
            try:
                smtp.getreply()
            except (OSError, smtplib.SMTPException):
                self.close()
        return refused

    def _wait_for_word(self, smtp: smtplib.SMTP, before_data: Callable[[], None], *, answers: int) -> None:
        try:
            before_data()
        except LeaveAlone:
            try:
                for _ in range(answers):
                    smtp.getreply()
            except (OSError, smtplib.SMTPException):
                self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _answered(self, smtp: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """None when the server says yes. Raises _Gone."""
        try:
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken("before DATA", problem) from problem
        if code in (250, 251):
            return None
        if code == 421 and self._sent:
            raise _Gone(_told(code, said, envelope))
        return self._refusal(code, said, envelope)

    def _transfer(self, smtp: smtplib.SMTP, envelope: Envelope) -> Outcome:
        try:
            code, said = smtp.docmd("DATA")
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken("before the mail went", problem) from problem
        if code != 354:
            return self._refusal(code, said, envelope)
        content = envelope.content
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._patience_at_end)
            smtp.send((_DOT.sub(b"..", content) if b"\n." in content else content) + b".\r\n")
            code, said = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self._patience)
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return Outcome("unknown", f"the connection broke after DATA ({type(problem).__name__})")
        self._sent, self._clean_until = self._sent + 1, time.monotonic() + ASK_AFTER
        if code == 250:
            return Outcome("accepted", _told(code, said, envelope))
        return self._refusal(code, said, envelope)

    def _refusal(self, code: int, said: bytes, envelope: Envelope) -> Outcome:
        """4xx and odd answers are temporary, 5xx is final (RFC 5321 4.2.1); after 421 the server hangs up."""
        if code == 421 or not 400 <= code < 600:
            self.close()
        return Outcome("refused" if 500 <= code < 600 else "later", _told(code, said, envelope))


def _broken(when: str, problem: Exception) -> _Gone:
    return _Gone(f"the connection broke {when} ({type(problem).__name__})")


_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def _told(code: int, said: bytes, envelope: Envelope) -> str:
    """The server's reply without anybody's address, at most 500 characters."""
    text = f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"
    if "@" in text:
        text = _ADDRESS.sub("(address)", text.replace(envelope.recipient, "(recipient)"))
    return text[:500]
