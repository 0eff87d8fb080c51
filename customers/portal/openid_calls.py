"""Calls to a provider: guarded as those to webhooks are, and all of one sign-in within one span of time.

No database connection may be held across them.
"""

import time
from collections.abc import Mapping
from typing import Any

import orjson

from customers.portal.openid_errors import ProviderAway, ProviderOdd
from infra.http import Answer, CallFailed, Client, Limits, UrlRefused

WHOLE = 12.0
"""Seconds for all calls of one sign-in or check."""
ONE = 6.0
"""Seconds for one of them."""
LARGEST = 256 * 1024
"""Bytes of an answer; the largest key sets of big providers have 30 kB."""
AGENT = "Rapport-OpenID/1"


class Calls:
    """The calls of one sign-in or check."""

    def __init__(self, client: Client) -> None:
        self.policy = client.policy
        self._client = client
        self._ends = time.monotonic() + WHOLE

    def document(self, url: str, *, bearer: str = "") -> dict[str, Any]:
        """What lies there as JSON. Raises ProviderAway; ProviderOdd when it is none."""
        headers = {"User-Agent": AGENT, "Accept": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        answer = self._made(lambda limits: self._client.get(url, limits, headers))
        if answer.status >= 500 or answer.status == 429:
            raise ProviderAway()
        if answer.status != 200:
            raise ProviderOdd("not_found", str(answer.status))
        return _object(answer)

    def form(self, url: str, body: str, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Sends an encoded form; status and JSON of the answer. Raises ProviderAway, ProviderOdd."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        sent = {"User-Agent": AGENT, **kind, **headers}
        answer = self._made(lambda limits: self._client.post(url, body.encode(), sent, limits))
        if answer.status >= 500 or answer.status == 429:
            raise ProviderAway()
        return answer.status, _object(answer)

    def _made(self, call: Any) -> Answer:
        left = min(ONE, self._ends - time.monotonic())
        if left <= 0:
            raise ProviderAway()
        try:
            made: Answer = call(Limits(seconds=left, head=32_768, body=LARGEST))
        except UrlRefused as refusal:
            raise ProviderOdd("endpoint_odd") from refusal
        except CallFailed as failure:
            raise ProviderAway(failure.code) from failure
        return made


def _object(answer: Answer) -> dict[str, Any]:
    """orjson refuses what others stumble over: endless nesting, NaN, halves of characters."""
    if answer.cut:
        raise ProviderOdd("too_long")
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise ProviderOdd("no_json") from None
    if not isinstance(found, dict):
        raise ProviderOdd("no_json")
    return found
