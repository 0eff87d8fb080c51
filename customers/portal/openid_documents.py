"""A provider's discovery document (OpenID Connect Discovery 1.0) and its keys, kept for a while in the process."""

import base64
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from customers.portal.openid_calls import Calls
from customers.portal.openid_errors import ProviderOdd
from infra.crypto.cache import ExpiringCache
from infra.http import Policy, UrlRefused, check_url

HOLD = 15 * 60.0
"""Seconds that a document and keys are kept."""
ASKED_AGAIN_AFTER = 30.0
"""Seconds between two looks at the keys because of one that nobody knows: anybody can name such a key."""
MOST_KEYS = 64
SMALLEST_RSA = 2048

ALGORITHMS: dict[str, type[Key]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    "EdDSA": OKPKey,
}
"""What may sign an ID token, and with what kind of key: no `none`, and nothing with a shared secret."""

DIRECTORY = "{tenantid}"
"""What Microsoft's document for many directories has in the place of each."""
_GUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
GUID = re.compile(_GUID)


@dataclass(frozen=True, slots=True)
class Document:
    """What we need of it. `issuer` may hold DIRECTORY, for a Microsoft provider only."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    algorithms: frozenset[str]
    secret_in_body: bool
    names_itself: bool
    """Whether every answer to a browser names the issuer (RFC 9207)."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One of the provider's keys. `issuer` is for whom it signs, where the provider says so."""

    id: str | None
    key: Key
    issuer: str


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: tuple[KnownKey, ...]
    at: float


_documents: ExpiringCache[tuple[str, str], Document] = ExpiringCache(500, HOLD)
_keys: ExpiringCache[str, _Kept] = ExpiringCache(500, HOLD)


def forget(kind: str, issuer: str) -> None:
    """This provider is asked anew: for a check, which must see what is there now."""
    kept = _documents.get((kind, issuer))
    _documents.drop((kind, issuer))
    if kept is not None:
        _keys.drop(kept.keys)


def forget_all() -> None:
    """Every provider is asked anew."""
    _documents.clear()
    _keys.clear()


def address(issuer: str) -> str:
    """Where the document of an issuer lies (Discovery 1.0, 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def document(calls: Calls, kind: str, issuer: str) -> Document:
    """The document, at most HOLD old. Raises ProviderAway, ProviderOdd."""
    kept = _documents.get((kind, issuer))
    if kept is None:
        kept = read(calls.document(address(issuer)), calls.policy, kind, issuer)
        _documents.put((kind, issuer), kept)
    return kept


def keys(calls: Calls, found: Document, wanted: str | None) -> tuple[KnownKey, ...]:
    """The provider's keys; asked anew where the one with the id `wanted` is not among them. Raises likewise."""
    kept = _keys.get(found.keys)
    known = kept is not None and (wanted is None or any(each.id == wanted for each in kept.keys))
    if kept is None or (not known and time.monotonic() - kept.at > ASKED_AGAIN_AFTER):
        kept = _Kept(read_keys(calls.document(found.keys)), time.monotonic())
        _keys.put(found.keys, kept)
    return kept.keys


def read(told: dict[str, Any], policy: Policy, kind: str, issuer: str) -> Document:
    """Takes a document apart. Raises ProviderOdd with the code of what is wrong with it."""
    named = told.get("issuer")
    if not isinstance(named, str) or not _is_of(named, kind, issuer):
        raise ProviderOdd("issuer_differs", _shown(named))
    if "code" not in _texts(told, "response_types_supported", "code"):
        raise ProviderOdd("no_code_flow")
    methods = _texts(told, "code_challenge_methods_supported", "S256")
    if "S256" not in methods:
        raise ProviderOdd("no_pkce")
    algorithms = _texts(told, "id_token_signing_alg_values_supported", "RS256") & ALGORITHMS.keys()
    if not algorithms:
        raise ProviderOdd("no_algorithm")
    places = _texts(told, "token_endpoint_auth_methods_supported", "client_secret_basic")
    if not places & {"client_secret_basic", "client_secret_post"}:
        raise ProviderOdd("no_secret")
    return Document(
        named,
        _endpoint(told, "authorization_endpoint", policy),
        _endpoint(told, "token_endpoint", policy),
        _endpoint(told, "jwks_uri", policy),
        _endpoint(told, "userinfo_endpoint", policy) if told.get("userinfo_endpoint") else "",
        frozenset(algorithms),
        "client_secret_post" in places,
        told.get("authorization_response_iss_parameter_supported") is True,
    )


def read_keys(told: dict[str, Any]) -> tuple[KnownKey, ...]:
    """The keys that can verify a signature; what is of another kind, or too weak, is left out."""
    listed = told.get("keys")
    if not isinstance(listed, list):
        raise ProviderOdd("no_keys")
    found = tuple(known for each in listed[:MOST_KEYS] if (known := _key(each)) is not None)
    if not found:
        raise ProviderOdd("no_keys")
    return found


def is_one_of(issuer: str, found: Document, kind: str) -> bool:
    """Whether an issuer is the document's, or one of the directories that it stands for."""
    if kind != "microsoft" or DIRECTORY not in found.issuer:
        return issuer == found.issuer
    before, _, after = found.issuer.partition(DIRECTORY)
    return re.fullmatch(f"{re.escape(before)}{_GUID}{re.escape(after)}", issuer) is not None


def _key(told: Any) -> KnownKey | None:
    if not isinstance(told, dict) or told.get("kty") not in ("RSA", "EC", "OKP") or told.get("use") == "enc":
        return None
    try:
        if told["kty"] == "RSA" and _bits(told["n"]) < SMALLEST_RSA:
            return None
        key = import_key({name: value for name, value in told.items() if name in PUBLIC_PARTS})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None  # of a kind that we do not know
    known, issuer = told.get("kid"), told.get("issuer")
    return KnownKey(known if isinstance(known, str) else None, key, issuer if isinstance(issuer, str) else "")


def _bits(number: str) -> int:
    """How long a number is that stands in base64url (RFC 7518, 6.3.1.1)."""
    data = base64.b64decode(number + "=" * (-len(number) % 4), altchars=b"-_", validate=True)
    return int.from_bytes(data, "big").bit_length()


PUBLIC_PARTS = frozenset({"kty", "n", "e", "crv", "x", "y"})
"""Of a key; whatever else stands beside them (certificates, uses, a private part) is not ours to read."""


def _is_of(named: str, kind: str, issuer: str) -> bool:
    """Whether the document is the issuer's: letter for letter (Discovery 1.0, 4.3), but for Microsoft.

    There a name in the place of the directory (`common`, `contoso.com`) stands for an id, or for all of them.
    """
    if kind != "microsoft":
        return named == issuer
    before, directory, after = _around(issuer)
    if GUID.fullmatch(directory):
        return named == issuer
    return (
        re.fullmatch(f"{re.escape(before)}(?:{re.escape(DIRECTORY)}|{_GUID}){re.escape(after)}", named) is not None
    )


def _around(issuer: str) -> tuple[str, str, str]:
    """`https://login.microsoftonline.com/`, the directory, and `/v2.0`."""
    path = urlsplit(issuer).path
    directory = path.strip("/").partition("/")[0]
    before, _, after = issuer.partition(f"/{directory}/")
    return before + "/", directory, "/" + after


def _endpoint(told: dict[str, Any], name: str, policy: Policy) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderOdd("endpoint_missing", name)
    try:
        check_url(value, policy)
    except UrlRefused:
        raise ProviderOdd("endpoint_odd", name) from None
    if "#" in value:
        raise ProviderOdd("endpoint_odd", name)
    return value


def _texts(told: dict[str, Any], name: str, unsaid: str) -> set[str]:
    """A list of the document as a set; what it does not say is what the standard assumes."""
    value = told.get(name)
    if value is None:
        return {unsaid}
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()


def _shown(named: Any) -> str:
    text = named if isinstance(named, str) else ""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]
