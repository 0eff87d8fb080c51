"""The register as the staff handles it: the list with its views, one customer, companies, bulk actions, exports."""

from web.console.customers import (
    bulk,
    companies,
    consent,
    contacts,
    exports,
    interaction_one,
    interactions,
    listing,
    people,
    segment_deeds,
    segments,
    views,
)
from web.console.customers.blueprint import blueprint

__all__ = [
    "blueprint",
    "bulk",
    "companies",
    "consent",
    "contacts",
    "exports",
    "interaction_one",
    "interactions",
    "listing",
    "people",
    "segment_deeds",
    "segments",
    "views",
]
