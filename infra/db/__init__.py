"""Sessions that belong to exactly one tenant, the models' bases, and what a column declares about people.

`Databases` opens sessions; `TenantBase`, `ControlBase` and `KeyStoreBase` are what models inherit;
`personal(...)` and `not_personal` are what every non-key column of a tenant table says.
"""

from infra.db.base import ControlBase, KeyStoreBase, TenantBase
from infra.db.columns import append_only, not_personal, personal
from infra.db.databases import Databases
from infra.db.scope import TenantRef, current_tenant

__all__ = [
    "ControlBase",
    "Databases",
    "KeyStoreBase",
    "TenantBase",
    "TenantRef",
    "append_only",
    "current_tenant",
    "not_personal",
    "personal",
]
