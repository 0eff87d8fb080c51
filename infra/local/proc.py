"""What /proc says about processes: who belongs to a session, since when, with which command line."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

SESSION, START_TIME = 3, 19
"""Places in /proc/<pid>/stat after the command's closing bracket: proc(5) fields 6 and 22."""


def started(pid: int) -> int:
    """Start of a process in clock ticks since boot; 0 when there is no such process."""
    fields = _stat(pid)
    return int(fields[START_TIME]) if fields else 0


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty for one that is gone or a zombie."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.rstrip(b"\0").split(b"\0")] if raw else []


def is_ours(pid: int, started_at: int, command: Sequence[str]) -> bool:
    """Whether the session that `pid` opened is the recorded one.

    The leader may be gone while its children live on: the kernel gives its number to nobody else as long
    as the session has a member, so an absent leader with members is ours as well.
    """
    if not _stat(pid):
        return bool(list(members(pid)))
    shown = command_line(pid)
    return started(pid) == started_at and (shown == list(command) or command[0] in shown[:3])


def members(session: int) -> Iterator[int]:
    """Living processes of a session (zombies left out)."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = _stat(int(entry))
            if fields and fields[0] != "Z" and int(fields[SESSION]) == session:
                yield int(entry)


def end_session(leader: int, how: signal.Signals, *, seconds: float) -> bool:
    """Signals the session's leader (everyone, for SIGKILL) and waits; True when there was anybody."""
    found = set(members(leader))
    if not found:
        return False
    targets = found if how is signal.SIGKILL or leader not in found else {leader}
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
    deadline = time.monotonic() + seconds
    while any(members(leader)) and time.monotonic() < deadline:
        time.sleep(0.03)
    return True


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
