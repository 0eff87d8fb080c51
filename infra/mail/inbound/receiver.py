"""The SMTP receiver: a mail is answered with 250 only after it is kept for good.

Until then it stands in a file that spills to disk, so that many large mails at once cost no memory. Whoever sends
again what was kept already is answered 250 as well, because the mailroom keeps a mail once.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol, TypeVar
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.db import TenantRef
from infra.errors import RapportError, Unavailable
from infra.limits import Count, Limit, Limiter

LARGEST = 30 * 1024 * 1024
"""Bytes of a mail; more is 552."""
HARD_END = 4 * LARGEST
"""Bytes after which the connection ends, whatever is still said."""
IN_MEMORY = 512 * 1024
MOST_RECIPIENTS = 50
MOST_CONNECTIONS = 200
MOST_OF_ONE = 20
"""Connections from one address at a time."""
PATIENCE = 300.0
"""Seconds for a command, and for a whole mail (RFC 5321, 4.5.3.2 asks for five minutes)."""

_END = b"\r\n.\r\n"

log = logging.getLogger(__name__)
T = TypeVar("T")


class NoSuchBox(RapportError):
    """The address is none of ours: 550."""

    code = "no_such_box"
    message = "There is no mailbox at this address."


@dataclass(frozen=True, slots=True)
class Box:
    """Whose an address is. `mail` is the outbox row when it is a bounce address that we made."""

    tenant: TenantRef
    local: str
    mail: UUID | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole mail as it came, with the envelope sender ("" is the null sender) and who brought it."""

    sender: str
    file: IO[bytes]
    size: int
    peer: str = ""
    """The address that connected."""
    helo: str = ""
    """What it called itself."""


class Mailroom(Protocol):
    """Who knows the boxes and keeps the mail; called from threads. Raises Unavailable when it cannot now."""

    def box(self, address: str) -> Box:
        """Whose the address is. Raises NoSuchBox."""

    def keep(self, box: Box, mail: Arrived) -> None:
        """Keeps the mail once, for good, before it returns."""


class Receiver:
    """What all connections of a process share."""

    def __init__(self, mailroom: Mailroom, limiter: Limiter, *, per_hour: int, name: str) -> None:
        self.mailroom = mailroom
        self.name = name
        self.connections: Counter[str] = Counter()
        self._limiter = limiter
        self._limit = Limit(per_hour, 3600)
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="inbound")

    def protocol(self, tls: ssl.SSLContext | None = None) -> SMTP:
        """One connection."""
        return _Conversation(self, tls)

    async def aside(self, work: Callable[..., T], *arguments: object) -> T:
        """Runs what waits for a database or for storage in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def too_many(self, address: str) -> int:
        """Counts a mail from the network; the seconds to wait when it has sent too many."""
        return self._limiter.take(Count(f"inbound:{self._limiter.veiled(address)}", self._limit))

    def close(self) -> None:
        """Waits for what is being kept."""
        self._threads.shutdown(wait=True)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM: networks that send too many wait."""
        if await self.aside(self.too_many, _peer(session)):
            return "451 4.7.1 Your network has sent too many mails within an hour. Try again later."
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO: 550 for who is not here, before the mail is sent."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients at once. Send the mail to the others again."
        try:
            box = await self.aside(self.mailroom.box, address)
        except NoSuchBox:
            return "550 5.1.1 There is no mailbox at this address."
        envelope.rcpt_tos.append(address)
        vars(envelope).setdefault("boxes", []).append(box)
        return "250 2.1.5 OK"

    async def keep(self, session: Session, envelope: Envelope, file: IO[bytes], size: int) -> str:
        """The end of DATA: once for each box, then 250."""
        mail = Arrived(envelope.mail_from or "", file, size, _peer(session), str(session.host_name or ""))
        for box in dict.fromkeys(vars(envelope)["boxes"]):
            await self.aside(self.mailroom.keep, box, mail)
        return "250 2.0.0 The mail is kept."

    async def handle_exception(self, error: Exception) -> str:
        """What is away now may be there in a minute: nothing was accepted, so nothing is lost."""
        if isinstance(error, Unavailable):
            return "451 4.3.0 The mail cannot be kept at the moment. Try again later."
        log.error("a mail could not be received", extra={"reason": type(error).__name__}, exc_info=error)
        return "451 4.3.0 Something went wrong here. Try again later."


class _Conversation(SMTP):
    """aiosmtpd's protocol with a DATA that writes to a file, and a bound on connections."""

    def __init__(self, receiver: Receiver, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            receiver,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=receiver.name,
            ident="Rapport",
            tls_context=tls,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            timeout=PATIENCE,
            loop=asyncio.get_running_loop(),
        )
        self._receiver = receiver
        self._counted = ""

    def connection_made(self, transport: Any) -> None:
        """Turns away whoever holds too many connections."""
        peer = transport.get_extra_info("peername")
        address = peer[0] if peer else ""
        held = self._receiver.connections
        if not self._counted:  # after STARTTLS it is made once more
            if held.total() >= MOST_CONNECTIONS or held[address] >= MOST_OF_ONE:
                transport.write(b"421 4.3.2 Too many connections. Try again later.\r\n")
                transport.close()
                return
            self._counted = address or "?"
            held[self._counted] += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            held = self._receiver.connections
            held[self._counted] -= 1
            if not held[self._counted]:
                del held[self._counted]
            self._counted = ""
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        """Reads up to the lone dot, then answers what became of the mail."""
        if await self.check_helo_needed():
            return
        if self.session is None or self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._reader.feed_data(b"\r\n")  # the line before the first one, so that the end looks alike everywhere
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            size = await self._read(file)
            if size > HARD_END:
                await self.push("552 5.3.4 This mail is far larger than 30 MB.")
                if self.transport is not None:
                    self.transport.close()
                return
            answer = "552 5.3.4 This mail is larger than 30 MB."
            if size <= LARGEST + 2:
                file.seek(0)
                answer = await self._receiver.keep(self.session, self.envelope, file, size)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(answer)

    async def _read(self, file: Any) -> int:
        """Writes the mail without its dots (RFC 5321, 4.5.2); beyond the largest size it only counts."""
        size, carried, first, ended = 0, b"", True, False
        while not ended and size <= HARD_END:
            try:
                block, ended = await self._reader.readuntil(_END), True
            except asyncio.LimitOverrunError as more:
                block = await self._reader.read(more.consumed)
            data = carried + (block[: -len(_END)] if ended else block)
            carried = b"" if ended else data[-2:] if data.endswith(b"\r\n") else data[-1:] * data.endswith(b"\r")
            data = data[: len(data) - len(carried)].replace(b"\r\n.", b"\r\n")
            if first and len(data) >= 2:
                data, first = data[2:], False
            size += len(data)
            if size <= LARGEST:
                file.write(data)
        if size <= LARGEST:
            file.write(b"\r\n")
        return size + 2


def _peer(session: Session) -> str:
    return str(session.peer[0]) if isinstance(session.peer, tuple) else ""
