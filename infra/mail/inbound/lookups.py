"""What one mail may ask the domain name system: each thing once, and neither long nor often.

Whoever wrote the mail chooses the names, and may serve them slowly. After the first question that nobody answers
no more are asked, so that a mail costs at most one wait when the name servers are away.
"""

import re
import time
from collections.abc import Callable

from infra.dns import NameserversAway, Resolver

SECONDS = 8.0
MOST = 60
"""Questions for one mail; SPF alone may need ten, with ten servers each."""

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)


class Lookups:
    """A resolver for one mail. What is no name has no records. Raises NameserversAway."""

    def __init__(self, resolver: Resolver, *, seconds: float = SECONDS, most: int = MOST) -> None:
        self._resolver = resolver
        self._until = time.monotonic() + seconds
        self._left = most
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

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
            if self._left <= 0 or time.monotonic() > self._until:
                raise NameserversAway()
            self._left -= 1
            try:
                self._known[kind, name] = ask(name)
            except NameserversAway:
                self._left = 0
                raise
        return self._known[kind, name]
