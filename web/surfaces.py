"""The access policy: who may reach what, on which host. What is not written here is refused.

It has one table for each audience, and this page names them all:

| audience | table |
|---|---|
| anybody: surveys, preferences, the platform's pages, health | `web/access/public.py` |
| staff: the console and its doors | `web/access/console.py` |
| the tenant's customers, on their own pages | `web/access/portal.py` |
| who runs Rapport | `web/access/operators.py` |
| programs with an API key | `web/access/api.py` |

Every line names a blueprint, the module it stands in (as `blueprint`), its host and prefix, who may come, and what
each endpoint needs. `anyone` opens no cookie session and no form protection (signed links and tokens only);
`visitor` has both but nobody is signed in; `staff` is signed in and holds the permission; `key` is an API key whose
scopes hold it; `operator` runs Rapport and is signed in with a second factor; `portal` is a customer of the tenant,
signed in; `guest` is anybody at the door of the tenant's customer pages while these are open. `OPEN` asks for
nothing beyond that.
"""

from dataclasses import dataclass

from web.access import api, console, operators, portal, public
from web.access.surface import OPEN, Surface

__all__ = ["OPEN", "SURFACES", "TO_SUPPORT", "Grant", "Surface", "policy"]

SURFACES: tuple[Surface, ...] = (*public.TABLE, *console.TABLE, *portal.TABLE, *operators.TABLE, *api.TABLE)

TO_SUPPORT = frozenset({"console.home", "console.appearance", "console.surveys", "console.settings"})
"""Surfaces that the vendor's support may enter on a grant of the tenant, as far as the grant's permissions go."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the policy says about one endpoint."""

    surface: Surface
    permission: str
    fresh: bool = False
    """Whether the password must have been typed within the last quarter of an hour."""
    bulky: bool = False
    """Whether a large file may come."""


def policy() -> dict[str, Grant]:
    """Endpoint to grant, for every line of SURFACES."""
    return {
        endpoint: Grant(
            surface,
            permission,
            fresh=endpoint.rpartition(".")[2] in surface.fresh.split(),
            bulky=endpoint.rpartition(".")[2] in surface.bulky.split(),
        )
        for surface in SURFACES
        for endpoint, permission in surface.grants()
    }
