"""How much one API key may ask: enough for every honest program, too little to starve the other tenants."""

from infra.limits import Count, Limit
from tenants.permissions import Actor
from web import tenancy

PER_KEY = Limit(1200, 60)


def spend(actor: Actor) -> None:
    """Counts a request of the key. Raises TooMany; passes while Valkey is away."""
    tenancy.limiter().require(Count(f"{tenancy.tenant().id}:api:{actor.id}", PER_KEY))
