"""The web process: granian on a listening socket that may outlive it.

A server that closes its listener turns away whoever the kernel has let in and nobody has spoken to yet. So systemd
(`rapport-web.socket`) may hold the listener and hand it on as file descriptor 3 with `LISTEN_FDS` and `LISTEN_PID`
(sd_listen_fds(3)): while one process ends and the next begins, callers wait in the queue and nobody is lost.
Without one handed on, the process opens its own.

Granian also hangs up on whoever it has accepted and not heard yet when it is told to stop. So a process that ends
stops accepting first, listens a moment longer to those it has let in, and is told to stop then.
"""

import argparse
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from granian import net
from granian.constants import Interfaces
from granian.server import mp

HANDED_ON = 3
"""The first file descriptor that a service manager hands on (SD_LISTEN_FDS_START)."""
BACKLOG = 1024
STOPS_WITHIN = 8
"""Seconds in which those who were let in are answered before their process is killed."""
HEARD_WITHIN = 0.5
"""Seconds in which a caller who was let in says what they want, before those who are silent are hung up on."""


class Server(mp.MPServer):
    """Granian, with one listener for all its processes instead of one for each."""

    def __init__(self, target: str, *, listener: socket.socket, **options: Any) -> None:
        super().__init__(target, **options)
        self.listener = listener
        self._open, self._closed_by_us = os.pipe()

    def load(self) -> Callable[..., Any]:
        """The application, in one of the processes that answer."""
        os.close(self._closed_by_us)
        threading.Thread(target=self._turn_deaf_at_the_end, daemon=True).start()
        app: Callable[..., Any] = import_module("wsgi").app
        return app

    def _turn_deaf_at_the_end(self) -> None:
        """Waits until the main process closes the pipe, by will or by dying; then nobody else is let in here.

        Granian has no call for it: its descriptors of the listener are replaced by one that nobody ever calls. The
        listener itself stays open in the main process and with whoever handed it on.
        """
        os.read(self._open, 1)
        door = os.fstat(self.listener.fileno())
        silent = socket.socket(socket.AF_UNIX)
        silent.bind("")  # an abstract name of the kernel's choice
        silent.listen(1)
        silent.setblocking(False)
        for name in os.listdir("/proc/self/fd"):
            if _is_same(int(name), door):
                os.dup2(silent.fileno(), int(name), inheritable=False)

    def _stop_workers(self) -> None:
        os.close(self._closed_by_us)
        time.sleep(HEARD_WITHIN)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _init_shared_socket(self) -> None:
        hold: Any = net.SocketHolder  # type: ignore[attr-defined]  # its stub is empty
        self._shd = hold(self.listener.fileno(), False, BACKLOG)
        self._ssp = self._sso = None


def listener(host: str, port: int) -> socket.socket:
    """The socket that was handed on to this process, or a new one."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        found = socket.socket(fileno=HANDED_ON)
    else:
        found = socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    found.setblocking(False)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Serves `wsgi:app` until SIGTERM; those who were let in are answered first."""
    words = argparse.ArgumentParser(prog="python -m infra.serve", description=main.__doc__)
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=8000, help="unused when a socket is handed on")
    words.add_argument("--workers", type=int, default=2, help="processes")
    words.add_argument("--threads", type=int, default=4, help="threads of each process")
    asked = words.parse_args(arguments)
    multiprocessing.set_start_method("fork")  # the processes inherit the listener
    server = Server(
        "wsgi:app",
        listener=listener(asked.host, asked.port),
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=asked.workers,
        blocking_threads=asked.threads,
        websockets=False,
        workers_kill_timeout=STOPS_WITHIN,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=server.load, wrap_loader=False)


def _is_same(descriptor: int, door: os.stat_result) -> bool:
    try:
        found = os.fstat(descriptor)
    except OSError:  # closed since the folder was listed
        return False
    return (found.st_dev, found.st_ino) == (door.st_dev, door.st_ino)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


if __name__ == "__main__":
    main()
