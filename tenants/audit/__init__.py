"""The record of who did what: every security event, change of settings and bulk read of personal data.

`record` writes a row in the transaction of the deed; the tenant's role can neither change nor delete it. What may
be recorded stands in `kinds`, with the sentence that a person reads. Rows are sealed within seconds (`sealing`);
the head of the chain is noted outside of the tenant (`anchors`); anybody can compute it anew (`verification`).
"""

from tenants.audit.entries import NotACode, is_recorded, list_about, record, record_reading
from tenants.audit.kinds import CATEGORIES, KINDS, Kind
from tenants.audit.names import told

__all__ = [
    "CATEGORIES",
    "KINDS",
    "Kind",
    "NotACode",
    "is_recorded",
    "list_about",
    "record",
    "record_reading",
    "told",
]
