"""The process's keys, for the column types, which cannot be handed any."""

from infra.crypto.keys import Keys

_keys: Keys | None = None


def use(keys: Keys | None) -> Keys | None:
    """From now on encrypted columns of this process work with these keys; answers which it were before."""
    global _keys
    before, _keys = _keys, keys
    return before


def current_keys() -> Keys:
    """The keys in use. A process that has not started its services has none, which is a bug."""
    if _keys is None:
        raise RuntimeError("this process has not started its services: it has no keys")
    return _keys
