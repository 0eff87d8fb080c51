"""Tables of the control plane and of a tenant's own administration."""

from tenants.models.control import (
    Cell,
    Due,
    FailedJob,
    Host,
    Routing,
    SignUp,
    StaffIndex,
    Tenant,
    TenantTransition,
)

__all__ = [
    "Cell",
    "Due",
    "FailedJob",
    "Host",
    "Routing",
    "SignUp",
    "StaffIndex",
    "Tenant",
    "TenantTransition",
]
