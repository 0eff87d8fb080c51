"""A survey page that is rendered once: bytes with a hole for the token."""

from infra.gzipped import Halves
from web.public.surveys.pages import HOLE


class ReadyPage:
    """A page that is the same for everybody but for its token: as it is, and compressed."""

    __slots__ = ("_after", "_before", "_halves", "_length")

    def __init__(self, page: str) -> None:
        before, _, after = page.partition(HOLE)
        self._before, self._after = before.encode(), after.encode()
        self._length = len(self._before) + len(self._after)
        self._halves: Halves | None = None

    def plain(self, token: bytes) -> bytes:
        """With the token, as it is."""
        return b"".join((self._before, token, self._after))

    def gzipped(self, token: bytes) -> bytes:
        """With the token, which itself is not compressed."""
        if self._halves is None:
            self._halves = Halves(self._before, self._after)
        return self._halves.around(token, self._length + len(token))
