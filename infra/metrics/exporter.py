"""The port: one process of the machine serves what all of them counted, and what is read when it is asked for."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from infra.metrics import meters
from infra.settings import Settings

log = logging.getLogger(__name__)

Source = Callable[[], Iterable[tuple[str, str, dict[str, str], float]]]
"""Reads gauges when they are asked for: name, help, labels, value."""

AGAIN = 5.0
"""Seconds until a process that did not get the port tries again."""
FRESH = 10.0
"""Seconds for which gauges are kept, so that many scrapers cost no more than one."""
PATIENCE = 4.0
"""Seconds that gauges may take; what is late is left out and said in `rapport_source_up`."""


def serve(settings: Settings, sources: dict[str, Source] | None = None) -> None:
    """Makes this process count and, as soon as the port is free, serve. Nothing when no port is set."""
    if not settings.metrics_port:
        return
    folder = meters.start(settings)
    _forget_the_dead(folder)
    waiting = threading.Thread(
        target=_hold_the_port, args=(settings, folder, sources or {}), daemon=True, name="metrics"
    )
    waiting.start()


def _hold_the_port(settings: Settings, folder: Path, sources: dict[str, Source]) -> None:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry(auto_describe=False)
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(Gauges(sources))
    while True:
        try:
            start_http_server(settings.metrics_port, settings.metrics_host, registry)
        except OSError:  # another process of ours has it, and gives it back when it ends
            time.sleep(AGAIN)
        else:
            log.info("metrics are served", extra={"port": settings.metrics_port})
            return


class Gauges:
    """Reads the sources side by side, each within the same time, and keeps what they said for a moment."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self._sources = sources
        self._kept: tuple[float, list[Any]] = (0.0, [])
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Thread] = {}

    def collect(self) -> Iterator[Any]:
        """Called by the library for each scrape."""
        with self._lock:
            taken, families = self._kept
            if time.monotonic() - taken > FRESH:
                families = self._read()
                self._kept = (time.monotonic(), families)
        yield from families

    def _read(self) -> list[Any]:
        from prometheus_client.core import GaugeMetricFamily

        found: dict[str, list[tuple[str, str, dict[str, str], float]]] = {}

        def ask(name: str) -> None:
            try:
                found[name] = list(self._sources[name]())
            except Exception as problem:  # noqa: BLE001 - said as `rapport_source_up 0`; the other figures are served
                log.warning("figures could not be read", extra={"source": name, "reason": type(problem).__name__})

        for name in self._sources:
            if name not in self._busy or not self._busy[name].is_alive():
                self._busy[name] = threading.Thread(target=ask, args=(name,), daemon=True)
                self._busy[name].start()
        deadline = time.monotonic() + PATIENCE
        for thread in self._busy.values():
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        families: dict[str, Any] = {}
        up = GaugeMetricFamily("rapport_source_up", "Whether figures could be read", labels=["source"])
        for name in self._sources:
            up.add_metric([name], float(name in found))
        for name, text, labels, value in (row for rows in found.values() for row in rows):
            if name not in families:
                families[name] = GaugeMetricFamily(name, text, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        return [up, *families.values()]


def _forget_the_dead(folder: Path) -> None:
    """When no process that counted here lives any more, its files go: counters begin anew, as after any restart."""
    files = list(folder.glob("*.db"))
    if not any(_lives(path) for path in files):
        for path in files:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _lives(path: Path) -> bool:
    number = path.stem.rpartition("_")[2]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
