"""How much one API key may ask: what its makers chose, with a bound that keeps the other tenants from starving.

Every answer says it in the fields of draft-ietf-httpapi-ratelimit-headers (revision 10, sections 3 and 4): the
policy with its quota `q` and window `w` in seconds, and what is left of it, `r`, for the next `t` seconds.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import Response, g

from infra.errors import TooMany
from tenants import audit, key_refusals
from tenants.api_keys import Opened
from web import tenancy

WINDOW = 60
"""Seconds."""
STRANGERS = 300
"""Requests without a valid key from one network address in a window: looking a key up costs a query."""

HOUR = 3600
NOTED = 60
"""Entries about refused keys that a workspace's log takes within an hour, from however many networks."""


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


def is_news(address: str) -> bool:
    """Whether a refused key is the first from this network within an hour, and not one of very many.

    While Valkey is away nobody counts, and the log itself says whether there was one from anywhere.
    """
    place = tenancy.tenant().id.hex
    mine = tenancy.limiter().add([(f"{place}:keys-refused:{tenancy.limiter().veiled(address)}", 1, HOUR)])
    if not mine:
        hour = timedelta(seconds=HOUR)
        return not audit.is_recorded(tenancy.session(), key_refusals.OURS, key_refusals.UNKNOWN, within=hour)
    if mine[0][0] > 1:
        return False
    everybody = tenancy.limiter().add([(f"{place}:keys-refused:all", 1, HOUR)])
    return bool(everybody) and everybody[0][0] <= NOTED


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
