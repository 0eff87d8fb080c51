"""Files go by the scanner where one is set up; one that does not answer lets nothing pass."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest

from infra import scanning
from infra.uploads import UploadRefused

HARMFUL = b"X5O!P%@AP[4"


class Clamd(socketserver.StreamRequestHandler):
    """Speaks INSTREAM as clamd(8) says it: lengths in network order, zero at the end, one answer."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        whole = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            whole += self.rfile.read(size)
        verdict = b"Eicar-Test-Signature FOUND" if HARMFUL in whole else b"OK"
        if b"too much" in whole:
            verdict = b"INSTREAM size limit exceeded. ERROR"
        self.wfile.write(b"stream: " + verdict + b"\0")


@pytest.fixture
def clamd() -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scanning.configure(f"127.0.0.1:{server.server_address[1]}")
        yield
        scanning.configure("")
        server.shutdown()


def test_without_a_scanner_every_file_passes() -> None:
    scanning.configure("")
    scanning.scan(BytesIO(HARMFUL))


def test_a_harmful_file_is_refused_and_another_is_read_to_its_end(clamd: None) -> None:
    clean = BytesIO(b"a bill " * 50_000)
    scanning.scan(clean)
    assert clean.tell() == 0
    with pytest.raises(UploadRefused) as refused:
        scanning.scan(BytesIO(b"x" * 100_000 + HARMFUL), number=2)
    assert refused.value.fields == {"number": 2}


def test_a_scanner_that_cannot_say_lets_nothing_pass(clamd: None) -> None:
    with pytest.raises(scanning.ScannerUnavailable):
        scanning.scan(BytesIO(b"too much"))
    scanning.configure("127.0.0.1:1")
    with pytest.raises(scanning.ScannerUnavailable):
        scanning.scan(BytesIO(b"a bill"))
