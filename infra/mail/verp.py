"""Bounce addresses: each mail has an envelope sender of its own (VERP), so that what comes back names it.

`bounce+<outbox id>.<mac>@<slug>.<inbound domain>`. The MAC is made under the tenant's key: whoever has not received
the mail cannot make up a bounce for it, and one tenant's address is worth nothing at another's. The local part is
below 64 letters (RFC 5321, 4.5.3.1.1) and means the same in upper case, because some servers change it.
"""

import hmac
import re
from hashlib import sha256
from uuid import UUID

from infra.crypto import Keys
from infra.db import TenantRef
from infra.settings import Settings

PURPOSE = "bounce addresses"
MAC_BYTES = 10
_LOCAL = re.compile(r"bounce\+(?P<id>[0-9a-f]{32})\.(?P<mac>[0-9a-f]{20})")


def return_path(settings: Settings, keys: Keys, tenant: TenantRef | None, mail: UUID) -> str:
    """The envelope sender of a tenant's mail; "" where nothing can come back: no inbound domain, no tenant."""
    if not settings.inbound_domain or tenant is None:
        return ""
    return f"bounce+{mail.hex}.{_mac(keys, tenant, mail)}@{tenant.slug}.{settings.inbound_domain}"


def is_bounce_address(local: str) -> bool:
    """Whether the local part is meant to be one of ours, proved or not."""
    return local.lower().startswith("bounce+")


def mail_of(keys: Keys, tenant: TenantRef, local: str) -> UUID | None:
    """The outbox row that a bounce address names, None when its MAC is not ours."""
    found = _LOCAL.fullmatch(local.lower())
    if found is None:
        return None
    mail = UUID(hex=found["id"])
    return mail if hmac.compare_digest(found["mac"], _mac(keys, tenant, mail)) else None


def _mac(keys: Keys, tenant: TenantRef, mail: UUID) -> str:
    key = keys.for_tenant(tenant).derive(PURPOSE)
    return hmac.new(key, mail.bytes, sha256).digest()[:MAC_BYTES].hex()
