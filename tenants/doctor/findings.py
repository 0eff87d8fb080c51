"""What a check says, and how all of them are run."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.services import Services

Level = Literal["ok", "warning", "problem"]
DEADLINE = 15.0
"""Seconds for all checks together: they run side by side."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` says what to do; an operator reads both, so both are English."""

    part: str
    level: Level
    text: str
    advice: str = ""


Check = Callable[[Services], Iterable[Finding]]


def examine(services: Services, checks: dict[str, Check], *, deadline: float = DEADLINE) -> Sequence[Finding]:
    """Runs every check and answers what they found, in their order. A check that breaks or hangs is a finding."""
    found: dict[str, list[Finding]] = {}
    threads = {}
    for name, check in checks.items():
        threads[name] = threading.Thread(target=_run, args=(name, check, services, found), daemon=True)
        threads[name].start()
    until = time.monotonic() + deadline
    for thread in threads.values():
        thread.join(timeout=max(0.0, until - time.monotonic()))
    late = "Look whether it is running and whether a firewall lets this machine through."
    return [
        finding
        for name in checks
        for finding in found.get(name) or [Finding(name, "problem", f"no answer within {deadline:g} seconds", late)]
    ]


def _run(name: str, check: Check, services: Services, found: dict[str, list[Finding]]) -> None:
    try:
        found[name] = list(check(services))
    except Exception as problem:  # noqa: BLE001 - a check that breaks is itself what the operator wants to read
        reason = str(getattr(problem, "orig", problem)).partition("\n")[0] or type(problem).__name__
        found[name] = [Finding(name, "problem", reason, "This check could not be made; what it says is above.")]
