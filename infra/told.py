"""Being told to stop by a signal. The handler of a signal runs in the middle of whatever its thread does."""

from queue import Empty, SimpleQueue


class Told:
    """Like `threading.Event`, but `set` may be called by a signal's handler.

    An Event must not: its lock is not reentrant, so a signal that arrives while the same thread is inside `wait`
    and holds the lock stops both for good. `SimpleQueue.put` is reentrant by its documentation.
    """

    def __init__(self) -> None:
        self._set = False
        self._bell: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Wakes who waits; everybody who waits later is not kept."""
        self._set = True
        self._bell.put(None)

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """Waits at most so many seconds, for ever without a number; answers whether it was told."""
        if not self._set:
            try:
                self._bell.get(timeout=timeout)
            except Empty:
                return self._set
            self._bell.put(None)  # for another one who waits
        return self._set
