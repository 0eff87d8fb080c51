"""What several domains fill, in one list each."""

from surveys import owners, public_events
from tenants import owned
from tenants.webhooks import catalogue
from tenants.webhooks.catalogue import Catalogue

OWNED = (owners.SURVEYS,)
"""What staff own and hand over when they go."""

PUBLIC_EVENTS = Catalogue(public_events.EVENTS)
"""What tenants' programs may hear of."""


def compose() -> None:
    """Fills the registries of this process."""
    owned.configure(OWNED)
    catalogue.configure(PUBLIC_EVENTS)
