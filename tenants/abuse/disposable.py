"""Mail addresses that are gone tomorrow: a workspace must have an owner who can be written to."""

from functools import lru_cache
from pathlib import Path

import infra
from infra.hostnames import BadHostname, ascii_form
from infra.settings import Settings

SHIPPED = Path(infra.__file__).parent / "data" / "disposable_domains.txt"


def is_disposable(settings: Settings, address: str) -> bool:
    """Whether the address belongs to a service for throw-away mailboxes, at its domain or anywhere below it."""
    try:
        labels = ascii_form(address.rpartition("@")[2]).split(".")
    except BadHostname:
        return False
    names = {".".join(labels[start:]) for start in range(len(labels) - 1)}
    if names & set(settings.disposable_allowed.lower().replace(",", " ").split()):
        return False
    return bool(names & shipped()) or bool(names & more(settings.disposable_file))


@lru_cache(1)
def shipped() -> frozenset[str]:
    """The list that comes with the product; its source and licence stand in it."""
    lines = SHIPPED.read_text(encoding="ascii").splitlines()
    rows = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return frozenset(f"{name}.{ending}" for ending, _, names in rows for name in names.split())


@lru_cache(4)
def more(path: str) -> frozenset[str]:
    """The operator's own list; read once. Raises OSError when it cannot be read."""
    if not path:
        return frozenset()
    lines = (line.strip().lower() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))
