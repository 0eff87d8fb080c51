"""One connection to a mail server, and the mail that it is busy with.

The line between "certainly not delivered" and "may have been" is the server's 354 to DATA and what we send then.
Whatever breaks before it can be tried again; what breaks after it is `unknown`, because the server may have taken
the mail.
"""

import re
import select
import smtplib
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from infra.mail.mime import Envelope

MAILS_PER_CONNECTION = 500
ASK_AFTER = 1.0
"""Seconds of rest after which a warm connection is asked (RSET) whether it is still there."""

_DOT = re.compile(rb"^\.", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`: the server has it. `later`: not delivered, try again. `refused`: never. `unknown`: perhaps."""

    kind: Literal["accepted", "later", "refused", "unknown"]
    reply: str


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


class Gone(Exception):
    """The connection broke, or the server hung up, before it could have taken the mail."""


class LeaveAlone(Exception):
    """Raised by `before_data`: this mail is not to be sent from here."""


Talk = Generator[None, None, Outcome | None]
"""What is said before a mail goes, pausing where the server thinks: its refusal, or None after DATA."""


class Lane:
    """A connection that stays open between mails, busy with one at a time.

    Making one raises what smtplib does when the server cannot be reached or does not let us in.
    """

    def __init__(self, server: Server, patience: float, patience_at_end: float) -> None:
        self._patience, self._patience_at_end = patience, patience_at_end
        self._smtp = _connect(server, patience)
        self.envelope: Envelope | None = None
        """The mail that is announced here; one that the connection's end forgot is sent like any other."""
        self.is_open, self.is_fresh = True, True
        self._kept: Outcome | Gone | None = None
        self._awaited = 0
        self._in_data = False
        self._sent, self._clean_until = 0, 0.0

    def is_fit(self) -> bool:
        """Whether it can take another mail. One used a moment ago is not asked whether it is there."""
        clean, self._clean_until, self.is_fresh = time.monotonic() < self._clean_until, 0.0, False
        if not self.is_open or self._sent >= MAILS_PER_CONNECTION:
            return False
        if clean:
            return True
        try:
            return self._smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def close(self) -> None:
        """Ends the connection, politely when that works. Inside DATA there is nothing to say but to hang up."""
        if not self.is_open:
            return
        self.is_open, self.envelope = False, None
        if self._in_data:
            return self._smtp.close()
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def announce(self, envelope: Envelope) -> Iterator[None]:
        """Says all that delivers nothing, pausing where the server thinks. What it answers is kept for `send`."""
        self.envelope, self._kept = envelope, None
        try:
            self._kept = yield from self._talk(envelope)
        except Gone as problem:
            self._kept = problem

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Asks for the word and sends the mail. Raises Gone, and what `before_data` raises.

        The server works on MAIL while the word is waited for, on DATA too when the mail was announced.
        """
        if self.envelope is envelope:
            self._wait_for_word(before_data)
            self.envelope, refused = None, self._kept
            if isinstance(refused, Gone):
                raise refused
        else:
            talk = self._talk(envelope)
            try:
                next(talk)
            except StopIteration as end:
                return cast(Outcome, end.value)
            self._wait_for_word(before_data)
            refused = _finished(talk)
        return refused if refused is not None else self._transfer(envelope)

    def _talk(self, envelope: Envelope) -> Talk:
        """MAIL, RCPT, DATA. Raises Gone. A server that takes several commands at once (RFC 2920) thinks less."""
        options = b""
        if not envelope.recipient.isascii():
            if not self._smtp.has_extn("smtputf8"):
                return Outcome("refused", "the mail server cannot send to such an address")
            options = b" SMTPUTF8"
        mail = b"MAIL FROM:<%b>%b\r\n" % ((envelope.return_path or envelope.sender).encode(), options)
        rcpt = b"RCPT TO:<%b>\r\n" % envelope.recipient.encode()
        two = self._smtp.has_extn("pipelining")
        self._say(mail + rcpt if two else mail, answers=1 + two)
        yield
        refused = self._answered(envelope)
        if refused is not None:
            self._hear_the_rest()
            return refused
        if not two:
            self._say(rcpt)
            yield
        refused = self._answered(envelope)
        if refused is None:
            self._say(b"DATA\r\n")
            self._in_data = True
            yield
        return refused

    def _wait_for_word(self, before_data: Callable[[], None]) -> None:
        try:
            before_data()
        except LeaveAlone:
            self.envelope = None
            self.close() if self._in_data else self._hear_the_rest()
            raise
        except BaseException:
            self.close()
            raise

    def _transfer(self, envelope: Envelope) -> Outcome:
        """The content, after DATA was said. Raises Gone when the server hung up before."""
        code, said = self._hear("before the mail went")
        if code != 354:
            self._in_data = False
            return self._refusal(code, said, envelope)
        if self._is_spoken_to():
            raise Gone("the server hung up before the mail went")
        content = envelope.content
        try:
            self._be_patient(self._patience_at_end)
            self._smtp.send((_DOT.sub(b"..", content) if b"\n." in content else content) + b".\r\n")
            code, said = self._smtp.getreply()
            self._be_patient(self._patience)
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return Outcome("unknown", f"the connection broke after DATA ({type(problem).__name__})")
        self._in_data = False
        self._sent, self._clean_until = self._sent + 1, time.monotonic() + ASK_AFTER
        if code == 250:
            return Outcome("accepted", _told(code, said, envelope))
        return self._refusal(code, said, envelope)

    def _be_patient(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _is_spoken_to(self) -> bool:
        """Whether there is something to read, though nothing was asked: the server hung up, or is about to."""
        if self._smtp.sock is None:
            return True
        waiting = select.poll()
        waiting.register(self._smtp.sock, select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(waiting.poll(0))

    def _say(self, line: bytes, answers: int = 1) -> None:
        try:
            self._smtp.send(line)
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken("before DATA", problem) from problem
        self._awaited = answers

    def _hear(self, when: str) -> tuple[int, bytes]:
        self._awaited -= 1
        try:
            return self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            raise _broken(when, problem) from problem

    def _hear_the_rest(self) -> None:
        """What changes nothing any more. A server that says no to MAIL may hang up before it has said all."""
        try:
            while self.is_open and self._awaited > 0:
                self._hear("before DATA")
        except Gone:
            self.close()

    def _answered(self, envelope: Envelope) -> Outcome | None:
        """None when the server says yes. Raises Gone."""
        code, said = self._hear("before DATA")
        if code in (250, 251):
            return None
        if code == 421 and self._sent:
            raise Gone(_told(code, said, envelope))
        return self._refusal(code, said, envelope)

    def _refusal(self, code: int, said: bytes, envelope: Envelope) -> Outcome:
        """4xx and odd answers are temporary, 5xx is final (RFC 5321 4.2.1); after 421 the server hangs up."""
        if code == 421 or not 400 <= code < 600:
            self.close()
        return Outcome("refused" if 500 <= code < 600 else "later", _told(code, said, envelope))


def _finished(talk: Talk) -> Outcome | None:
    """Goes on to the end of a talk without doing anything else in its pauses. Raises Gone."""
    try:
        while True:
            next(talk)
    except StopIteration as end:
        return cast(Outcome | None, end.value)


def _connect(own: Server, patience: float) -> smtplib.SMTP:
    if own.tls == "tls":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(own.host, own.port, timeout=patience, context=context)
    else:
        smtp = smtplib.SMTP(own.host, own.port, timeout=patience)
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


def _broken(when: str, problem: Exception) -> Gone:
    return Gone(f"the connection broke {when} ({type(problem).__name__})")


def _told(code: int, said: bytes, envelope: Envelope) -> str:
    """The server's reply without anybody's address, at most 500 characters."""
    text = f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"
    if "@" in text:
        text = _ADDRESS.sub("(address)", text.replace(envelope.recipient, "(recipient)"))
    return text[:500]
