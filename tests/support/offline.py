"""Outside sockets are off: a test that would reach past this machine fails with the address in the message."""

import socket
from typing import Any

LOCAL = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "", None}


class OutsideError(RuntimeError):
    """A test tried to reach another machine."""


def switch_off() -> None:
    """From now on only the loopback address answers in this process."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked(address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else None
        if isinstance(host, bytes):
            host = host.decode()
        if host not in LOCAL:
            raise OutsideError(f"a test tried to reach {address}")
        return address

    def guarded_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        checked((host,))
        return getaddrinfo(host, *rest, **options)

    socket.socket.connect = lambda self, address: connect(self, checked(address))  # type: ignore[method-assign]
    socket.socket.connect_ex = lambda self, address: connect_ex(self, checked(address))  # type: ignore[method-assign]
    socket.getaddrinfo = guarded_getaddrinfo
