"""The process's keys, for the column types, which cannot be handed any."""

from infra.crypto.keys import Keys
from infra.crypto.providers import key_provider
from infra.db import Databases
from infra.settings import Settings

_keys: Keys | None = None


def start(settings: Settings, databases: Databases) -> Keys:
    """Makes the keys that the settings ask for and uses them. Raises MasterKeyUnusable with what to do."""
    keys = Keys(key_provider(settings), databases)
    use(keys)
    return keys


def use(keys: Keys) -> None:
    """From now on encrypted columns of this process work with these keys."""
    global _keys
    _keys = keys


def current_keys() -> Keys:
    """The keys in use. A process that has not started its services has none, which is a bug."""
    if _keys is None:
        raise RuntimeError("infra.crypto.start was not called in this process")
    return _keys
