"""A mail server whose every answer is written down beforehand, and which writes down what it hears."""

import contextlib
import socket
import threading
from collections.abc import Callable


class Scripted:
    """Answers each command by `answer(connection number, verb, line)`; "" hangs up without a word.

    Understands just enough SMTP to be talked to; `heard` holds (connection, verb) and `mails` the contents.
    """

    def __init__(self, answer: Callable[[int, str, str], str | None], *, extensions: tuple[str, ...] = ()) -> None:
        self._answer, self._extensions = answer, extensions
        self.heard: list[tuple[int, str]] = []
        self.mails: list[bytes] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def hang_up(self) -> None:
        """Ends every connection without a word."""
        for each in self._open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR) if self._server.fileno() >= 0 else None
        self._server.close()
        self.hang_up()
        for each in list(self._threads):
            each.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            talk = threading.Thread(target=self._talk, args=(connection, self.connections), daemon=True)
            self._threads.append(talk)
            talk.start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        file = connection.makefile("rwb")
        try:
            if not self._say(file, number, "CONNECT", "", "220 here"):
                return
            for raw in file:
                line = raw.decode().rstrip("\r\n")
                verb = line.split(" ")[0].upper()
                if not self._say(file, number, verb, line, self._usual(verb)):
                    return
        except (OSError, ValueError):
            return
        finally:
            with contextlib.suppress(OSError):  # what was not flushed is nobody's any more
                file.close()
            connection.close()

    def _say(self, file: object, number: int, verb: str, line: str, usual: str) -> bool:
        self.heard.append((number, verb))
        said = self._answer(number, verb, line)
        said = usual if said is None else said
        if not said:
            return False
        file.write(said.encode() + b"\r\n")  # type: ignore[attr-defined]
        file.flush()  # type: ignore[attr-defined]
        if verb == "DATA" and said.startswith("354"):
            content = b""
            while (part := file.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
                content += part
            self.mails.append(content)
            return self._say(file, number, "END", "", "250 kept")
        return verb != "QUIT" and not said.startswith("421")

    def _usual(self, verb: str) -> str:
        if verb == "EHLO":
            return "\r\n".join(f"250-{each}" for each in ("here", *self._extensions)) + "\r\n250 HELP"
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")
