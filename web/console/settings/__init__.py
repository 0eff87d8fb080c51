"""Settings of a workspace: brand, languages and zone, people, API keys, webhooks, support access."""

from web.console.settings import (
    api_keys,
    attributes,
    audit,
    brand,
    diagnostics,
    domains,
    languages,
    people,
    people_one,
    security,
    support,
    webhook_deliveries,
    webhook_states,
    webhooks,
)
from web.console.settings.blueprint import blueprint

__all__ = [
    "api_keys",
    "attributes",
    "audit",
    "blueprint",
    "brand",
    "diagnostics",
    "domains",
    "languages",
    "people",
    "people_one",
    "security",
    "support",
    "webhook_deliveries",
    "webhook_states",
    "webhooks",
]
