"""Signed, expiring links that are worth something at one tenant and for one purpose only.

A token is `<payload>.<mac>`, both base64url. The MAC (HMAC-SHA256) covers purpose, tenant and payload; purpose
and tenant are not in the token, so that it cannot claim another. The payload is readable: ids only, no secrets.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from infra import clock
from infra.errors import Invalid
from infra.settings import Settings

LONGEST_TOKEN = 4096  # characters; nothing that we sign comes near


class BadLink(Invalid):
    """The token was not signed by us for this purpose and tenant, or was changed on the way."""

    code = "bad_link"
    message = "This link is not valid. It may have been cut off; please open it again from where you got it."


class ExpiredLink(Invalid):
    """The token was ours and its time is over."""

    code = "expired_link"
    message = "This link has expired. Please ask for a new one."


def sign(
    settings: Settings, purpose: str, tenant: UUID | None, payload: Mapping[str, Any], *, expires_in: timedelta
) -> str:
    """A token that verify() accepts for the same purpose and tenant until `expires_in` has passed."""
    expiry = int((clock.now() + expires_in).timestamp())
    body = json.dumps({**payload, "exp": expiry}, separators=(",", ":"), default=str).encode()
    return f"{_encode(body)}.{_encode(_mac(settings, purpose, tenant, body))}"


def verify(settings: Settings, purpose: str, tenant: UUID | None, token: str) -> dict[str, Any]:
    """The payload of a token. Raises BadLink or ExpiredLink; the comparison takes the same time for any MAC."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 1:
        raise BadLink
    body, mac = (_decode(part) for part in token.split("."))
    if not hmac.compare_digest(mac, _mac(settings, purpose, tenant, body)):
        raise BadLink
    payload: dict[str, Any] = json.loads(body)
    if payload.pop("exp") < clock.now().timestamp():
        raise ExpiredLink
    return payload


def platform_url(settings: Settings, path: str) -> str:
    """The absolute address of a path on the platform host."""
    return settings.base_url.rstrip("/") + "/" + path.lstrip("/")


def tenant_url(settings: Settings, host: str, path: str) -> str:
    """The absolute address of a path on a tenant's host, with the platform's scheme and port.

    `host` is a slug or a whole domain; a slug becomes a name below the platform's host.
    """
    base = urlsplit(settings.base_url)
    name = host if "." in host else f"{host}.{base.hostname}"
    port = f":{base.port}" if base.port and ":" not in name else ""
    return f"{base.scheme}://{name}{port}/{path.lstrip('/')}"


def _mac(settings: Settings, purpose: str, tenant: UUID | None, body: bytes) -> bytes:
    bound = f"{purpose}\0{tenant.hex if tenant else ''}\0".encode() + body
    return hmac.new(_key(settings.secret), bound, hashlib.sha256).digest()


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    if len(secret) < 32:
        raise ValueError("RAPPORT_SECRET must be 32 random bytes or more, in base64.")
    return hmac.new(secret.encode(), b"rapport.links.v1", hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadLink from None
