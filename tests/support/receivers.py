"""Real servers on the loopback address: one that says byte for byte what a test wants, and one for webhooks."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[[socket.socket], None]


class RawServer:
    """Hands each connection to a function in a thread of its own. `connections` counts them."""

    def __init__(self, behave: Behaviour, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._behave = behave
        self._context = context
        self._socket = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        self.over = threading.Event()
        self._threads: list[threading.Thread] = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                taken, _ = self._socket.accept()
            except OSError:
                return
            if self.over.is_set():
                taken.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(taken,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, taken: socket.socket) -> None:
        try:
            if self._context is not None:
                taken = self._context.wrap_socket(taken, server_side=True)
            self._behave(taken)
        except OSError:  # the caller has left, which is what most of these tests want
            self.connections += 0
        finally:
            taken.close()

    def stop(self) -> None:
        self.over.set()
        socket.create_connection(self._socket.getsockname()[:2]).close()  # wakes accept
        for thread in self._threads:
            thread.join(timeout=10)
        self._socket.close()


@contextmanager
def serving(
    behave: Behaviour, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[RawServer]:
    server = RawServer(behave, context, host)
    yield server
    server.stop()


def read_request(connection: socket.socket) -> bytes:
    """Head and body of a request with Content-Length."""
    text = b""
    while b"\r\n\r\n" not in text:
        piece = connection.recv(65_536)
        if not piece:
            return text
        text += piece
    head, _, body = text.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        piece = connection.recv(65_536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def says(*pieces: bytes) -> Behaviour:
    """A server that answers these bytes to whatever is asked."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return behave


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """A consumer of webhooks: answers as `answer` says, a status or a function of the call; keeps every call."""

    def __init__(self, answer: int | Callable[[Call], int] = 204) -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self.reply = b""
        self.reply_headers: dict[str, str] = {}
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._server.block_on_close = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def take(self, call: Call) -> int:
        with self._lock:
            self.calls.append(call)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self.answer if isinstance(self.answer, int) else self.answer(call)
        finally:
            with self._lock:
                self._at_once -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                if len(body) < length:  # the caller was killed while it spoke: no call
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(Call(self.path, headers, body))
                try:
                    self.send_response(status)
                    for name, value in receiver.reply_headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(0 if status == 204 else len(receiver.reply)))
                    self.end_headers()
                    if status != 204:
                        self.wfile.write(receiver.reply)
                except OSError:  # the caller was killed meanwhile
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
