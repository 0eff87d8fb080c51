"""Ports on the loopback address, below those that the kernel gives to outgoing connections."""

import random
import socket
from collections.abc import Iterable

from infra.local.trouble import Trouble

LOWEST, HIGHEST = 10_000, 32_767
"""From 32768 on ports belong to outgoing connections, and would be found taken by nobody in particular."""
_DICE = random.SystemRandom()  # a seeded one would give two test runs the same ports


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(wanted: int | None = None, *, avoid: Iterable[int] = ()) -> int:
    """The wanted port when it is free, else a random free one."""
    taken = set(avoid)
    if wanted is not None and wanted not in taken and is_free(wanted):
        return wanted
    for _ in range(200):
        port = _DICE.randint(LOWEST, HIGHEST)
        if port not in taken and is_free(port):
            return port
    raise Trouble("No free port between 10000 and 32767 was found on 127.0.0.1. Stop what is using them.")
