"""How much one API key may ask: what its makers chose, with a bound that keeps the other tenants from starving.

Every answer says it in the fields of draft-ietf-httpapi-ratelimit-headers (revision 10, sections 3 and 4): the
policy with its quota `q` and window `w` in seconds, and what is left of it, `r`, for the next `t` seconds.
"""

from dataclasses import dataclass

from flask import Response, g

from infra.errors import TooMany
from tenants.api_keys import Opened
from web import tenancy

WINDOW = 60
"""Seconds."""
STRANGERS = 300
"""Requests without a valid key from one network address in a window: looking a key up costs a query."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is left of a policy; None while Valkey is away, and then everything passes."""

    policy: str
    quota: int
    left: int | None
    seconds: int


def spend(opened: Opened) -> None:
    """Counts a request of the key. Raises TooMany; passes while Valkey is away."""
    _count("key", f"{tenancy.tenant().id}:api:{opened.actor.id}", opened.requests_per_minute)


def spend_stranger(address: str) -> None:
    """Counts a request that brought no valid key. Raises TooMany."""
    _count("address", f"{tenancy.tenant().id}:api-stranger:{tenancy.limiter().veiled(address)}", STRANGERS)


def tell(response: Response) -> Response:
    """Adds the fields to an answer, also to an error."""
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers["RateLimit-Policy"] = f'"{allowance.policy}";q={allowance.quota};w={WINDOW}'
        if allowance.left is not None:
            response.headers["RateLimit"] = f'"{allowance.policy}";r={allowance.left};t={allowance.seconds}'
    return response


def _count(policy: str, key: str, quota: int) -> None:
    """One round trip. What is refused is counted too: who goes on asking waits no longer for it, but no shorter."""
    for used, seconds in tenancy.limiter().add([(key, 1, WINDOW)]):
        g.allowance = Allowance(policy, quota, max(0, quota - used), seconds)
        if used > quota:
            raise TooMany(retry_after=max(1, seconds))
        return
    g.allowance = Allowance(policy, quota, None, WINDOW)
