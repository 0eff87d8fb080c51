"""Signatures as Standard Webhooks has them, and the secrets that make them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: HMAC-SHA256 over
`id.timestamp.body`; a secret is `whsec_` and base64. Secrets are derived from the tenant's key, the endpoint and a
number, so that none stands in a table, a dump or a log; rotating counts the number up.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from infra.crypto import current_keys
from infra.db import current_tenant
from tenants.webhooks.models import WebhookEndpoint

PREFIX = "whsec_"
OVERLAP = timedelta(hours=24)
"""How long the secret before still signs after a rotation."""


def secret_of(endpoint: WebhookEndpoint, number: int | None = None) -> str:
    """One of the endpoint's secrets, by default the present one. Needs the tenant's session."""
    keys = current_keys().for_tenant(current_tenant())
    derived = keys.derive(f"webhook {endpoint.id} {number or endpoint.secret_number}")
    return PREFIX + base64.b64encode(derived).decode()


def secrets_of(endpoint: WebhookEndpoint, moment: datetime) -> tuple[str, ...]:
    """The secrets that sign at a moment, the present one first."""
    until = endpoint.previous_secret_until
    if until is None or until <= moment:
        return (secret_of(endpoint),)
    return secret_of(endpoint), secret_of(endpoint, endpoint.secret_number - 1)


def headers(message: str, moment: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of a message; a signature for each secret, separated by spaces."""
    stamp = str(int(moment.timestamp()))
    signed = b".".join((message.encode(), stamp.encode(), body))
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(sign(secret, signed) for secret in secrets),
    }


def sign(secret: str, signed: bytes) -> str:
    """One signature with its version."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
