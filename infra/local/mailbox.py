"""The mailbox of the embedded stack: an SMTP server that delivers nothing and keeps every message as a file."""

import threading
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Accepts what arrives on a loopback port. One `.eml` file per message, the newest sorts last."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._lock = threading.Lock()
        self._count = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._controller = Controller(
            self, hostname="127.0.0.1", port=port, server_hostname="mailbox.localhost", ready_timeout=10
        )

    def start(self) -> None:
        """Listens; returns when the server greets. Raises OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps one message; the envelope's addresses become headers, as a last hop writes them."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        recipients = ", ".join(envelope.rcpt_tos)
        head = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {recipients}\r\n".encode()
        with self._lock:
            self._count += 1
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
            target = self.folder / f"{stamp}-{self._count:06d}.eml"
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(head + content)
        unfinished.rename(target)
        return f"250 2.0.0 kept as {target.stem}"


def messages(folder: Path) -> list[tuple[str, EmailMessage]]:
    """All messages with their file's stem, the newest first."""
    return [(path.stem, read(path)) for path in sorted(folder.glob("*.eml"), reverse=True)]


def read(path: Path) -> EmailMessage:
    """A kept message, parsed by the modern policy."""
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)
    return message
