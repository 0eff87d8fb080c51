"""A mail server that does what the recipient's name says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local.ports import free_port
from infra.mail import sender
from infra.services import Services


@contextmanager
def sending_to(sink: "Sink", services: Services, **settings: Any) -> Iterator[Services]:
    """Services that send to the sink; its connections are closed at the end."""
    yield replace(services, settings=replace(services.settings, smtp_port=sink.port, **settings))
    sender.close()


class Sink:
    """Accepts, but for `refuse…`, `later…`, `late-refuse…`, `break…` (hangs up after DATA) and `hang…`."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.connections = 0
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)
        self._controller.start()

    def to(self, recipient: str) -> list[EmailMessage]:
        found = [BytesParser(policy=policy.default).parsebytes(raw) for raw in self.raw]
        return [message for message in found if recipient in str(message["To"])]

    def stop(self) -> None:
        self._controller.stop()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if address.startswith("refuse"):
            return f"550 5.1.1 <{address}> no such mailbox"
        if address.startswith("later"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("late-refuse"):
            return "554 5.7.1 we do not like the content"
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        if recipient.startswith("break"):
            assert server.transport is not None
            server.transport.abort()
        if recipient.startswith("hang"):
            await asyncio.sleep(60)
        return "250 2.0.0 kept"
