"""What an ID token proves (OpenID Connect Core 1.0, 3.1.3.7); one that proves less of it proves nothing."""

import base64
import binascii
import hmac
import math
import re
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from customers.portal import openid_documents
from customers.portal.openid_calls import Calls
from customers.portal.openid_documents import ALGORITHMS, DIRECTORY, GUID, Document, KnownKey
from customers.portal.openid_errors import TokenRefused
from infra import clock

LEEWAY = 60
"""Seconds by which the provider's clock may be off."""
LONGEST = 16_384
"""Characters of a token."""
_SUBJECT = re.compile(r"[\x21-\x7e]{1,255}")
"""At most 255 characters of ASCII (Core 1.0, 2)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the token has to say."""

    kind: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the token proves, and what it says besides."""

    issuer: str
    subject: str
    claims: dict[str, Any]


def read(calls: Calls, found: Document, token: str, wanted: Wanted) -> Told:
    """Raises TokenRefused with the code of what is wrong, ProviderAway, ProviderOdd."""
    header = _header(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in found.algorithms or algorithm not in ALGORITHMS:
        raise TokenRefused("algorithm")
    if "crit" in header or not (key_id is None or isinstance(key_id, str)):
        raise TokenRefused("header")
    known = _key(openid_documents.keys(calls, found, key_id), algorithm, key_id)
    claims = _signed(token, algorithm, known)
    issuer = _issuer(claims, found, wanted.kind)
    if known.issuer and _for_directory(known.issuer, claims, wanted.kind) != issuer:
        raise TokenRefused("key")
    _check_audience(claims, wanted.client_id)
    _check_times(claims)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), wanted.nonce.encode()):
        raise TokenRefused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise TokenRefused("subject")
    return Told(issuer, subject, claims)


def _header(token: str) -> dict[str, Any]:
    """What the token says of itself, to be believed when the signature is found good."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise TokenRefused("form")
    first = token.partition(".")[0]
    try:
        header = orjson.loads(base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise TokenRefused("form") from None
    if not isinstance(header, dict):
        raise TokenRefused("form")
    return header


def _key(known: tuple[KnownKey, ...], algorithm: str, key_id: str | None) -> KnownKey:
    """The key that the token names; without a name the only one of that kind (Core 1.0, 10.1)."""
    fitting = [each for each in known if isinstance(each.key, ALGORITHMS[algorithm])]
    named = [each for each in fitting if key_id is None or each.id == key_id]
    if len(named) != 1:
        raise TokenRefused("key")
    return named[0]


def _signed(token: str, algorithm: str, known: KnownKey) -> dict[str, Any]:
    """The claims, once the signature is found good."""
    try:
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        body = jws.deserialize_compact(token, known.key, [algorithm], registry).payload
        claims = orjson.loads(body or b"")
    except (JoseError, ValueError, TypeError, KeyError):
        raise TokenRefused("signature") from None
    if not isinstance(claims, dict):
        raise TokenRefused("form")
    return claims


def _issuer(claims: dict[str, Any], found: Document, kind: str) -> str:
    """Who issued it, when that is who we asked."""
    told, expected = claims.get("iss"), _for_directory(found.issuer, claims, kind)
    if kind == "google" and isinstance(told, str) and f"https://{told}" == expected:
        return expected  # as Google's older tokens write it
    if not isinstance(told, str) or told != expected:
        raise TokenRefused("issuer")
    return told


def _for_directory(issuer: str, claims: dict[str, Any], kind: str) -> str:
    """Microsoft's pattern for many directories with the one that the token names put in."""
    if kind != "microsoft" or DIRECTORY not in issuer:
        return issuer
    directory = claims.get("tid")
    if not isinstance(directory, str) or not GUID.fullmatch(directory):
        raise TokenRefused("issuer")
    return issuer.replace(DIRECTORY, directory)


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    told, party = claims.get("aud"), claims.get("azp")
    audience = [told] if isinstance(told, str) else told
    if not isinstance(audience, list) or client_id not in audience:
        raise TokenRefused("audience")
    if (party is not None or len(audience) > 1) and party != client_id:
        raise TokenRefused("party")


def _check_times(claims: dict[str, Any]) -> None:
    moment = clock.now().timestamp()
    expires, issued, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_time(expires) or expires <= moment - LEEWAY:
        raise TokenRefused("expired")
    if not _is_time(issued) or issued > moment + LEEWAY:
        raise TokenRefused("issued")
    if begins is not None and (not _is_time(begins) or begins > moment + LEEWAY):
        raise TokenRefused("begins")


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
