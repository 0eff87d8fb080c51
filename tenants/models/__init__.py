"""Tables of the control plane and of a tenant's own administration."""

from tenants.models.abuse import AbuseReport
from tenants.models.access import ApiKey, IdempotencyKey
from tenants.models.audit import AuditAnchor, AuditEntry, AuditSeal
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
from tenants.models.domains import Domain
from tenants.models.invitations import Invitation
from tenants.models.marks import Mark
from tenants.models.requests import WorkspaceRequest
from tenants.models.second_factor import SecondFactor
from tenants.models.sender_domains import SenderDomain
from tenants.models.settings import TenantSettings
from tenants.models.staff import SignInAttempt, StaffMember, StaffSession, StaffToken

__all__ = [
    "AbuseReport",
    "ApiKey",
    "AuditAnchor",
    "AuditEntry",
    "AuditSeal",
    "Cell",
    "Domain",
    "Due",
    "FailedJob",
    "Host",
    "IdempotencyKey",
    "Invitation",
    "Mark",
    "Routing",
    "SecondFactor",
    "SenderDomain",
    "SignInAttempt",
    "SignUp",
    "StaffIndex",
    "StaffMember",
    "StaffSession",
    "StaffToken",
    "Tenant",
    "TenantSettings",
    "TenantTransition",
    "WorkspaceRequest",
]
