"""Whether this process was told to end: for work that takes longer than an end may wait."""

from infra.told import Told

_told = Told()


def tell() -> None:
    """From now on long work lets go at its next step."""
    _told.set()


def is_told() -> bool:
    """Whether the process is to end."""
    return _told.is_set()
