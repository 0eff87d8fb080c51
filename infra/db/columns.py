"""What a column says about people, and what a table says about change.

Subject export, erasure, retention and the record of processing (GDPR Art. 30) are derived from these
declarations; a shape test fails on a column of a tenant table that says nothing.
"""

from typing import Any, Literal

Category = Literal["identity", "contact", "credential", "behaviour", "opinion", "free_text", "technical"]

PERSONAL = "personal"

not_personal: dict[str, Any] = {PERSONAL: None}
"""`info=not_personal`: the column tells nothing about a person."""


def personal(category: Category) -> dict[str, Any]:
    """`info=personal("identity")`: the column holds personal data of that category."""
    return {PERSONAL: category}


def append_only(*updatable: str) -> dict[str, Any]:
    """Table info: the tenant's role gets no DELETE, and UPDATE on the named columns only."""
    return {"append_only": True, "updatable": updatable}
