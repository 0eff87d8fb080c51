"""SMTP: one warm connection, and four typed outcomes.

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
from infra.settings import Settings

TIMEOUT = 30.0
"""Seconds for one answer of the server; RFC 5321 4.5.3.2 allows servers minutes, our workers do not."""
LATE = 120.0
"""Seconds for the answer to the end of DATA, where giving up too early makes an `unknown`."""
MAILS_PER_CONNECTION = 500
ASK_AFTER = 1.0
"""Seconds of rest after which a warm connection is asked (RSET) whether it is still there."""

_DOT = re.compile(rb"^\.", re.MULTILINE)

log = logging.getLogger(__name__)


class SmtpUnavailable(Unavailable):
    """The mail server cannot be reached or does not let us in. No mail was touched."""

    code = "smtp_unavailable"
    message = "The mail server does not answer at the moment. Mails wait and are sent later."


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`: the server has it. `later`: not delivered, try again. `refused`: never. `unknown`: perhaps."""

    kind: Literal["accepted", "later", "refused", "unknown"]
    reply: str


class Transport(Protocol):
    """Sends one mail. `before_data` is called when the next step may deliver it; if it raises, nothing is sent."""

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome: ...

    def close(self) -> None: ...


class SmtpTransport:
    """One connection that stays open between mails. Not for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0
        self._clean_until = 0.0

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Raises SmtpUnavailable when there is no connection; any other failure is an outcome."""
        smtp = self._warm()
        try:
            answered = self._announce(smtp, envelope)
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return Outcome("later", f"the connection broke before DATA ({type(problem).__name__})")
        if answered is not None:
            return answered
        try:
            before_data()
        except BaseException:
            self.close()
            raise
        return self._transfer(smtp, envelope)

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

    def _warm(self) -> smtplib.SMTP:
        """The open connection when it still answers, else a new one. One used a moment ago is not asked."""
        clean, self._clean_until = time.monotonic() < self._clean_until, 0.0
        if self._smtp is not None and self._sent < MAILS_PER_CONNECTION:
            if clean:
                return self._smtp
            try:
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            except (OSError, smtplib.SMTPException):
                log.debug("the warm connection was gone")
        self.close()
        try:
            self._smtp, self._sent = self._connect(), 0
        except (OSError, smtplib.SMTPException) as problem:
            log.warning("the mail server does not let us in", extra={"reason": type(problem).__name__})
            raise SmtpUnavailable from problem
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.smtp_tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT)
        try:
            if settings.smtp_tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if settings.smtp_user:
                smtp.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _announce(self, smtp: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """MAIL and RCPT; an outcome when the server said no already."""
        options = []
        if not envelope.recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                return Outcome("refused", "the mail server cannot send to such an address")
            smtp.command_encoding = "utf-8"
            options = ["SMTPUTF8"]
        for code, said in (
            smtp.mail(envelope.return_path or envelope.sender, options),
            smtp.rcpt(envelope.recipient),
        ):
            if code not in (250, 251):
                return self._refusal(code, said, envelope)
        return None

    def _transfer(self, smtp: smtplib.SMTP, envelope: Envelope) -> Outcome:
        try:
            code, said = smtp.docmd("DATA")
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return Outcome("later", f"the connection broke before the mail went ({type(problem).__name__})")
        if code != 354:
            return self._refusal(code, said, envelope)
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(LATE)
            smtp.send(_DOT.sub(b"..", envelope.content) + b".\r\n")
            code, said = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(TIMEOUT)
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


def _told(code: int, said: bytes, envelope: Envelope) -> str:
    """The server's reply without anybody's address, at most 500 characters."""
    text = " ".join(said.decode("utf-8", "replace").split())
    text = text.replace(envelope.recipient, "(recipient)")
    return re.sub(r"[^\s<>@]+@[^\s<>@]+", "(address)", f"{code} {text}")[:500]
