"""The signed token of a form: which submission of which survey this page is for. It takes the place of a cookie,
so that a form works in a frame and from a cached page.

53 bytes and a language in base64url: submission key (16), version (16), expiry (4, seconds since 1970), MAC (16),
language. The MAC is HMAC-SHA256 cut to 128 bits over purpose, tenant, survey and the rest, so a token is worth
nothing at another tenant or survey.
"""

import hmac
import os
import struct
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from infra.errors import Invalid
from infra.i18n import N_

LIFETIME = 7 * 24 * 3600
"""Seconds that a page may stay open before it has to be sent once more."""
LONGEST = 120

_FIXED = 36
_MAC = 16


class BadForm(Invalid):
    """The token was not made by us for this survey, or was changed on the way."""

    code = "bad_form"
    message = N_("This form does not belong to this survey. Please open the survey again from the link you got.")


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a token says. `expired` ones are ours, only old."""

    submission: UUID
    version: UUID
    language: str
    expired: bool = False


def issue(secret: str, tenant: UUID, survey: UUID, version: UUID, language: str, key: UUID | None = None) -> bytes:
    """A fresh token, for a new submission unless `key` names one that goes on."""
    submission = key.bytes if key else os.urandom(16)
    body = submission + version.bytes + struct.pack(">I", int(time.time()) + LIFETIME) + language.encode()
    return urlsafe_b64encode(_mac(secret, tenant, survey, body) + body).rstrip(b"=")


def verify(secret: str, tenant: UUID, survey: UUID, token: str) -> FormToken:
    """What the token says. Raises BadForm."""
    if not token or len(token) > LONGEST:
        raise BadForm
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise BadForm from None
    mac, body = raw[:_MAC], raw[_MAC:]
    if len(body) < _FIXED or not hmac.compare_digest(mac, _mac(secret, tenant, survey, body)):
        raise BadForm
    (expires,) = struct.unpack(">I", body[32:_FIXED])
    return FormToken(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), body[_FIXED:].decode(), expires < time.time())


def _mac(secret: str, tenant: UUID, survey: UUID, body: bytes) -> bytes:
    return hmac.digest(_key(secret), tenant.bytes + survey.bytes + body, "sha256")[:_MAC]


@lru_cache(4)
def _key(secret: str) -> bytes:
    if len(secret) < 32:
        raise ValueError("RAPPORT_SECRET must be 32 random bytes or more, in base64.")
    return hmac.digest(secret.encode(), b"rapport.survey-forms.v1", sha256)
