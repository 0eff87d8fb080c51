"""How much one API key may ask: enough for every honest program, too little to starve the other tenants."""

from infra.limits import Count, Limit, Limiter
from tenants.permissions import Actor
from web import tenancy

PER_KEY = Limit(1200, 60)


def spend(actor: Actor) -> None:
    """Counts a request of the key. Raises TooMany; passes while Valkey is away."""
    _limiter().require(Count(f"{tenancy.tenant().id}:api:{actor.id}", PER_KEY))


def _limiter() -> Limiter:
    """One for the application, whoever asks first."""
    app = tenancy.application()
    found: Limiter | None = app.extensions.get("rapport.limiter")
    if found is None:
        settings = app.services.settings
        found = app.extensions.setdefault("rapport.limiter", Limiter(settings.valkey_url, settings.secret))
    return found
