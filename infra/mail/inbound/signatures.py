"""DKIM signatures of strangers (RFC 6376, 8301, 8463), verified by `cryptography`.

Every step is linear in the mail, whoever wrote it (decision 091). What counts is whether a signature of a domain
that fits the sender holds over the whole mail: one that leaves the end of the body open to anybody does not count.
"""

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from infra import clock
from infra.dns import NameserversAway
from infra.mail.inbound import mime
from infra.mail.inbound.lookups import AskedTooMuch, Lookups

Result = Literal["pass", "fail", "none", "temperror"]
Key = RSAPublicKey | Ed25519PublicKey
Field = tuple[bytes, bytes]
"""A header field's name in small letters, and all of it as it came, without the last line's end."""

MOST_READ = 10
"""Signatures that are looked at, from the top; each server on the way may have added one."""
MOST_SIGNATURES = 5
"""Of domains that fit the sender; honest mail has one or two."""
ONCE = frozenset(
    b"date from sender reply-to subject message-id in-reply-to references"
    b" mime-version content-type content-transfer-encoding".split()
)
"""Fields that a mail may have once (RFC 5322, 3.6; RFC 2045). Of several a signature covers the last, and people
read the first (RFC 6376, 8.15)."""
RSA_BITS = range(1024, 8193)

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_SPACES = re.compile(rb"[ \t]+")
_BLANK = re.compile(r"\s+")
_TAG = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


class _Unfit(Exception):
    """This signature proves nothing."""


def check(mail: bytes, asks: Lookups, fits: Callable[[str], bool]) -> Result:
    """Whether a domain that `fits` has signed the mail as it is; `none` when no such domain says it has."""
    head, body = mime.split(mail)
    ends = mail[len(head) : len(head) + 4] in (b"\r\n\r\n", b"")
    if not ends or len(head) > mime.HEAD_MOST or _BARE.search(head):
        return "none"  # a line end that others read as one may hide a second sender
    fields = mime.fields(head)
    if sum(name == b"from" for name, _ in fields) != 1 or not mime.Headers(head).is_sound:
        return "none"
    signatures = [field for field in fields if field[0] == b"dkim-signature"][:MOST_READ]
    said = [(each, tags(_value(each[1]).decode("utf-8", "replace"))) for each in signatures]
    return _best([(field, asked) for field, asked in said if asked.get("d")], fields, body, asks, fits)


def _best(
    said: Sequence[tuple[Field, dict[str, str]]],
    fields: Sequence[Field],
    body: bytes,
    asks: Lookups,
    fits: Callable[[str], bool],
) -> Result:
    """Of signatures the one that holds; who asks for more than may be asked has proved nothing.

    `temperror` says only that a key could not be fetched, from a name that whoever wrote the signature chose.
    """
    bodies, names, left = _Bodies(body), Counter(name for name, _ in fields), MOST_SIGNATURES
    result: Result = "none"
    for field, asked in said:
        try:
            if not left or not fits(asked["d"].lower()):
                continue
            left -= 1
            _require(all(names[name] <= 1 for name in ONCE))
            _verify(field, asked, fields, bodies, asks)
            return "pass"
        except (_Unfit, AskedTooMuch):
            result = "fail" if result == "none" else result
        except NameserversAway:
            result = "temperror"
    return result


def tags(text: str) -> dict[str, str]:
    """A list of tags (RFC 6376, 3.2); empty when it is none, or says something twice."""
    found: dict[str, str] = {}
    for piece in text.split(";"):
        name, given, value = piece.strip().partition("=")
        if not given and not name:
            continue
        name = name.strip()
        if not given or not _TAG.fullmatch(name) or name in found:
            return {}
        found[name] = value.strip()
    return found


class _Bodies:
    """The body in each way of writing it down that signatures ask for, made once."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._made: dict[str, bytes] = {}

    def digest(self, way: str, length: str | None) -> bytes:
        if way not in self._made:
            self._made[way] = relaxed(self._body) if way == "relaxed" else _without_empty_end(self._body) or b"\r\n"
        body = self._made[way]
        if length is not None and length != str(len(body)):
            raise _Unfit
        return hashlib.sha256(body).digest()


def relaxed(body: bytes) -> bytes:
    """RFC 6376, 3.4.4, of a body that may be made to choke on."""
    reduced = _SPACES.sub(b" ", body).replace(b" \r\n", b"\r\n")
    return _without_empty_end(reduced.removesuffix(b" "))


def _without_empty_end(body: bytes) -> bytes:
    """One line end at the end and no empty lines; nothing of what has only those."""
    end = len(body)
    tail = body[len(body.rstrip(b"\r\n")) :]
    if tail == b"\r\n" * (len(tail) // 2):
        end -= len(tail)
    else:
        while body.endswith(b"\r\n", 0, end):
            end -= 2
    return body[:end] + b"\r\n" if end else b""


def _verify(field: Field, asked: dict[str, str], fields: Sequence[Field], bodies: _Bodies, asks: Lookups) -> None:
    """Returns when it holds. Raises _Unfit, NameserversAway."""
    kind, _, digest = asked.get("a", "").lower().partition("-")
    head_way, _, body_way = asked.get("c", "simple/simple").lower().partition("/")
    names = [name.strip().lower() for name in asked.get("h", "").split(":")]
    _require(asked.get("v") == "1" and kind in ("rsa", "ed25519") and digest == "sha256")
    _require({head_way, body_way or "simple"} <= {"simple", "relaxed"} and "from" in names)
    _require(asked.get("q", "dns/txt").lower().startswith("dns"))
    domain = asked["d"].lower()
    signer = asked.get("i", f"@{domain}").rpartition("@")[2].lower()
    _require(signer == domain or signer.endswith(f".{domain}"))
    ends = asked.get("x", "")
    _require(not ends or (ends.isdecimal() and len(ends) <= 15 and int(ends) > clock.now().timestamp()))
    key = _key(asks.texts(f"{asked.get('s', '')}._domainkey.{domain}"), kind, exact=signer == domain)
    _require(bodies.digest(body_way or "simple", asked.get("l")) == _bytes(asked.get("bh", "")))
    signed = b"".join(_written(each, head_way) + b"\r\n" for each in _chosen(fields, names))
    signed += _written((field[0], _unsigned(field[1])), head_way)
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(_bytes(asked.get("b", "")), signed, PKCS1v15(), SHA256())
        else:
            key.verify(_bytes(asked.get("b", "")), hashlib.sha256(signed).digest())
    except InvalidSignature:
        raise _Unfit from None


def _key(records: Sequence[str], kind: str, *, exact: bool) -> Key:
    """The key that the domain publishes. One that is only tried out (t=y) proves nothing."""
    for record in records:
        said = tags(record)
        hashes, services = said.get("h", "sha256").split(":"), said.get("s", "*").split(":")
        flags = [each.strip().lower() for each in said.get("t", "").split(":")]
        if said.get("v", "DKIM1") != "DKIM1" or said.get("k", "rsa").lower() != kind or not said.get("p"):
            continue
        if "sha256" not in map(str.strip, hashes) or not {"*", "email"} & set(map(str.strip, services)):
            continue
        _require("y" not in flags and (exact or "s" not in flags))
        return _loaded(_bytes(said["p"]), kind)
    raise _Unfit


def _loaded(content: bytes, kind: str) -> Key:
    try:
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(content)
        key = load_der_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise _Unfit from None
    if not isinstance(key, RSAPublicKey) or key.key_size not in RSA_BITS:
        raise _Unfit
    return key


def _chosen(fields: Sequence[Field], names: Sequence[str]) -> list[Field]:
    """The signed fields: of each name the last ones first (RFC 6376, 5.4.2); what is not there is nothing."""
    left: dict[bytes, list[Field]] = {}
    for field in fields:
        left.setdefault(field[0], []).append(field)
    return [waiting.pop() for name in names if (waiting := left.get(name.encode("utf-8", "replace")))]


def _written(field: Field, way: str) -> bytes:
    if way == "simple":
        return field[1]
    unfolded = _value(field[1]).replace(b"\r\n", b"")
    return field[0] + b":" + _SPACES.sub(b" ", unfolded).strip(b" ")


def _value(field: bytes) -> bytes:
    return field.partition(b":")[2]


def _unsigned(field: bytes) -> bytes:
    """The signature's own field, with nothing behind `b=`."""
    name, colon, value = field.partition(b":")
    pieces = [
        piece.partition(b"=")[0] + b"=" if piece.partition(b"=")[0].strip() == b"b" else piece
        for piece in value.split(b";")
    ]
    return name + colon + b";".join(pieces)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(_BLANK.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        raise _Unfit from None


def _require(holds: object) -> None:
    if not holds:
        raise _Unfit
