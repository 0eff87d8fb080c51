"""A lean mail server in a process of its own: `python -m tests.support.smtp_sink [--later 0.1 …] [--log FILE]`.

Prints its port. Takes mail, and refuses and drops as many as it is told. Each mail that it keeps or breaks off
after is one line of the log, written before the answer: `<what> <Message-ID>`. With `--aiosmtpd` the library's own
server takes everything instead, at a real server's pace.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

GREETING = b"220 sink.test ESMTP\r\n"
EHLO = b"250-sink.test\r\n250-PIPELINING\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
KEPT = b"250 2.0.0 kept\r\n"


class Told(argparse.Namespace):
    """Shares of the mails: put off and refused at RCPT, and whose connection breaks after the end of DATA."""

    later: float
    refuse: float
    drop: float
    log: str
    aiosmtpd: bool


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, told: Told, log: int | None) -> None:
        self.told, self.log = told, log
        self.held = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        held = self.held + data if self.held else data
        answers: list[bytes] = []
        while held:
            if self.in_data:
                end = held.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.in_data = False
                if not self.keep(held[:end]):
                    return
                held = held[end + 5 :]
                answers.append(KEPT)
                continue
            line, found, rest = held.partition(b"\r\n")
            if not found:
                break
            held = rest
            answers.append(self.answer(line))
        self.held = held
        if answers:
            self.transport.write(b"".join(answers))

    def answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            lot = random.random()
            if lot < self.told.later:
                return b"451 4.7.1 come back later\r\n"
            if lot < self.told.later + self.told.refuse:
                return b"550 5.1.1 no such mailbox\r\n"
            return b"250 2.1.5 fine\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        if verb == b"EHLO":
            return EHLO
        if verb == b"QUIT":
            asyncio.get_running_loop().call_soon(self.transport.close)
            return b"221 bye\r\n"
        return b"250 fine\r\n"

    def keep(self, content: bytes) -> bool:
        """False when the connection is broken off; whether the mail counts as delivered then is anybody's guess."""
        dropped = random.random() < self.told.drop
        if self.log is not None:
            start = content.find(b"Message-ID: ") + 12
            message_id = content[start : content.find(b"\r\n", start)]
            os.write(self.log, (b"dropped " if dropped else b"kept ") + message_id + b"\n")
        if dropped:
            self.transport.abort()
        return not dropped


async def serve(told: Told) -> None:
    if told.aiosmtpd:
        return await serve_by_library()
    log = os.open(told.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if told.log else None
    server = await asyncio.get_running_loop().create_server(lambda: Talk(told, log), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


class Takes:
    """The library's handler that keeps nothing."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return KEPT.decode().strip()


async def serve_by_library() -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Takes(), hostname="sink.test", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def sinking(environment: Mapping[str, str], *options: str) -> Iterator[int]:
    """Runs one and gives its port."""
    command = [sys.executable, "-m", "tests.support.smtp_sink", *options]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, cwd=root, env=dict(environment), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("later", "refuse", "drop"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument("--log", default="")
    parser.add_argument("--aiosmtpd", action="store_true")
    asyncio.run(serve(parser.parse_args(namespace=Told())))


if __name__ == "__main__":
    main()
