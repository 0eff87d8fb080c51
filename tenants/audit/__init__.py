"""The record of who did what: every security event, change of settings and bulk read of personal data.

`record` writes a row in the transaction of the deed; the tenant's role can neither change nor delete it. What may
be recorded stands in `kinds`, with the sentence that a person reads.
"""

from tenants.audit.entries import NotACode, list_about, record, record_reading
from tenants.audit.kinds import CATEGORIES, KINDS, Kind

__all__ = ["CATEGORIES", "KINDS", "Kind", "NotACode", "list_about", "record", "record_reading"]
