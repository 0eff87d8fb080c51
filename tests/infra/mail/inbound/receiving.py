"""A real receiver process, and somebody who sends to it."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from infra.local.ports import free_port

DOMAIN = "in.rapport.test"
PROJECT = Path(__file__).parents[4]


class Receiving:
    """The process, and how to speak with it; `start` again after a kill takes the same port."""

    def __init__(self, environment: Mapping[str, str], **settings: str) -> None:
        self.port = free_port()
        own = {"INBOUND_DOMAIN": DOMAIN, "INBOUND_PORT": str(self.port), **settings}
        self._environment = {**environment, **{f"RAPPORT_{name}": value for name, value in own.items()}}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "infra.mail.inbound"]
        self._process = subprocess.Popen(command, cwd=PROJECT, env=self._environment)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the receiver ended"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the receiver does not listen")

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def connect(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, "sender.example", timeout=30)

    def say(self, to: str, content: bytes, sender: str = "ann@shop.example") -> tuple[int, bytes]:
        """The server's last word: to the recipient when it refuses them, else to the mail."""
        with self.connect() as smtp:
            smtp.ehlo()
            for code, said in (smtp.mail(sender), smtp.rcpt(to)):
                if code != 250:
                    return code, said
            return smtp.data(content)


def letter(message_id: str, *, text: str = "Hello", sender: str = "ann@shop.example", **headers: str) -> bytes:
    """A plain mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "hello@acme", headers.pop("subject", "A question")
    mail["Message-ID"], mail["Date"] = f"<{message_id}>", "Mon, 02 Mar 2026 09:00:00 +0000"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
