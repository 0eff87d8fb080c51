"""Settings of a workspace: brand, languages and zone, people, API keys, webhooks, support access."""

from web.console.settings import (
    api_keys,
    attributes,
    audit,
    brand,
    contact_rules,
    diagnostics,
    domains,
    languages,
    people,
    people_one,
    purposes,
    security,
    support,
    suppressions,
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
    "contact_rules",
    "diagnostics",
    "domains",
    "languages",
    "people",
    "people_one",
    "purposes",
    "security",
    "support",
    "suppressions",
    "webhook_deliveries",
    "webhook_states",
    "webhooks",
]
