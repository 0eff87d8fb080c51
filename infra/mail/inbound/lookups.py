"""What one mail may ask the domain name system: each thing once, and neither long nor often.

Whoever wrote the mail chooses some of the names, and may serve them slowly or not at all. So names that a stranger
chose are asked `aside`, with time of their own: their silence neither answers for another name nor uses up the time
of the questions that would find the stranger out.
"""

import re
import time
from collections.abc import Callable

from infra.dns import NameserversAway, Resolver

SECONDS = 8.0
"""That may be waited for answers; the last question may take longer."""
MOST = 60
"""Questions for one mail; SPF alone may need ten, with ten servers each."""
FEW = 20
"""Questions that honest mail may need. When the time is over after so few, the servers are slow; after more, it was
the mail that asked for too much."""

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)


class AskedTooMuch(Exception):
    """The mail has used up its questions. That is its own doing, and proves nothing in its favour."""


class Lookups:
    """A resolver for one mail. What is no name has no records. Raises NameserversAway, AskedTooMuch."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        seconds: float = SECONDS,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver, self._clock = resolver, clock
        self._seconds, self._most = seconds, most
        self._waited, self._asked = 0.0, 0
        self._known: dict[tuple[str, str], tuple[str, ...] | None] = {}
        """None where nobody answers."""

    def aside(self) -> "Lookups":
        """For what a stranger chose: half of the time again, and the same questions in all."""
        other = Lookups(self._resolver, seconds=self._seconds / 2, most=self._most, clock=self._clock)
        other._known = self._known
        return other

    def texts(self, name: str) -> tuple[str, ...]:
        """TXT records."""
        return self._ask("texts", name, self._resolver.texts)

    def addresses(self, name: str) -> tuple[str, ...]:
        """IPv4 and IPv6 addresses."""
        return self._ask("addresses", name, self._resolver.addresses)

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The servers that take its mail."""
        return self._ask("exchangers", name, self._resolver.exchangers)

    def _ask(self, kind: str, name: str, ask: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
        name = name.rstrip(".").lower()
        if not _NAME.fullmatch(name):
            return ()
        if (kind, name) not in self._known:
            self._count()
            begun = self._clock()
            try:
                self._known[kind, name] = ask(name)
            except NameserversAway:
                self._known[kind, name] = None
            self._waited += self._clock() - begun
        found = self._known[kind, name]
        if found is None:
            raise NameserversAway()
        return found

    def _count(self) -> None:
        is_late = self._waited >= self._seconds
        if is_late and self._asked <= FEW:
            raise NameserversAway()
        if is_late or len(self._known) >= self._most:
            raise AskedTooMuch()
        self._asked += 1
