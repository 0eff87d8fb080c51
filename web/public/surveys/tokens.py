"""The signed token of a form: which submission of which survey this page is for.

It takes the place of a cookie, so that a form works in a frame and from a cached page. 52 bytes and a language in
base64url: MAC (16), submission key (16), version (16), when the form was opened (4, seconds since 1970), language.
The MAC is HMAC-SHA256 cut to 128 bits over tenant, survey and the rest, under a key of its own, so a token is worth
nothing at another tenant or survey.
"""

import hmac
import struct
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from uuid import UUID, uuid4

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
    """What a token says."""

    submission: UUID
    version: UUID
    language: str
    opened: int

    @property
    def expired(self) -> bool:
        """Whether it is ours, only old."""
        return self.opened + LIFETIME < time.time()

    @property
    def opened_at(self) -> datetime:
        return datetime.fromtimestamp(self.opened, UTC)


def issue(secret: str, tenant: UUID, survey: UUID, version: UUID, language: str) -> bytes:
    """A token for a new submission."""
    return _signed(secret, tenant, survey, FormToken(uuid4(), version, language, int(time.time())))


def renew(secret: str, tenant: UUID, survey: UUID, token: FormToken) -> str:
    """A token for the same submission, good for a while again when it had expired."""
    kept = replace(token, opened=int(time.time())) if token.expired else token
    return _signed(secret, tenant, survey, kept).decode()


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
    (opened,) = struct.unpack(">I", body[32:_FIXED])
    return FormToken(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), body[_FIXED:].decode(), opened)


def _signed(secret: str, tenant: UUID, survey: UUID, token: FormToken) -> bytes:
    fixed = token.submission.bytes + token.version.bytes + struct.pack(">I", token.opened)
    body = fixed + token.language.encode()
    return urlsafe_b64encode(_mac(secret, tenant, survey, body) + body).rstrip(b"=")


def _mac(secret: str, tenant: UUID, survey: UUID, body: bytes) -> bytes:
    return hmac.digest(_key(secret), tenant.bytes + survey.bytes + body, "sha256")[:_MAC]


@lru_cache(4)
def _key(secret: str) -> bytes:
    if len(secret) < 32:
        raise ValueError("RAPPORT_SECRET must be 32 random bytes or more, in base64.")
    return hmac.digest(secret.encode(), b"rapport.survey-forms.v1", sha256)
