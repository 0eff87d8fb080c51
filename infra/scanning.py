"""Whether a file is harmful, asked of a scanner where one is set up: clamd's INSTREAM over TCP.

Without one every file passes: what a file is was looked at before (`infra.attachments`). A scanner that does not
answer lets nothing pass.
"""

import socket
import struct
from typing import IO

from infra.errors import Unavailable
from infra.i18n import N_
from infra.uploads import UploadRefused

PIECE = 64 * 1024
PATIENCE = 20.0
"""Seconds for each step of the conversation."""

HARMFUL = N_("File %(number)s was found to be harmful and is not accepted.")

_address: tuple[str, int] | None = None


class ScannerUnavailable(Unavailable):
    """The scanner does not answer."""

    code = "scanner_unavailable"
    message = N_("Files cannot be checked at the moment. Please try again in a while.")


def configure(address: str) -> None:
    """Called once by the composition root with the setting `scanner`: host:port, or nothing."""
    global _address
    host, _, port = address.rpartition(":")
    _address = (host, int(port)) if host else None


def scan(file: IO[bytes], *, number: int = 1) -> None:
    """Raises UploadRefused for a file that the scanner knows as harmful, ScannerUnavailable when it cannot say."""
    if _address is None:
        return
    file.seek(0)
    try:
        with socket.create_connection(_address, PATIENCE) as connection:
            answer = _asked(connection, file)
    except OSError as problem:
        raise ScannerUnavailable from problem
    file.seek(0)
    if answer.endswith(b"FOUND"):
        raise UploadRefused(HARMFUL, number=number)
    if not answer.endswith(b"OK"):
        raise ScannerUnavailable


def _asked(connection: socket.socket, file: IO[bytes]) -> bytes:
    """What clamd says of the file: `stream: OK`, `stream: Eicar-Test-Signature FOUND`, or an error."""
    connection.sendall(b"zINSTREAM\0")
    while piece := file.read(PIECE):
        connection.sendall(struct.pack(">I", len(piece)) + piece)
    connection.sendall(struct.pack(">I", 0))
    answer = b""
    while not answer.endswith(b"\0") and (more := connection.recv(1024)):
        answer += more
    return answer.rstrip(b"\0\n")
