"""What Amazon SNS sends by HTTP: believed only with a signature of AWS over exactly what is read.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html: the certificate's address must be
SNS's own in the topic's region, else anybody could sign with a certificate of theirs.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from infra import clock
from infra.errors import Forbidden, Unavailable
from infra.http import CallFailed, Client, Limits, UrlRefused, client_for
from infra.settings import Settings

LARGEST = 300 * 1024
"""Bytes; SNS itself sends at most 256 kB."""
LIMITS = Limits(seconds=10.0, body=32_768)
SIGNED: Mapping[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""The fields that are signed, in their order; a missing one is left out."""
HASHES: Mapping[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}

_ARN = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:(?P<region>[a-z0-9-]{3,40}):\d{12}:[\w-]{1,256}(?:\.fifo)?")
_HOST = r"https://sns\.%s\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE = r"SimpleNotificationService-[0-9a-zA-Z]{8,128}\.pem"


class Forged(Forbidden):
    """It is not from a topic of ours, or its signature does not fit. What exactly is nobody's business."""

    code = "forged_notification"
    message = "This notification is not from a topic that is known here."


class Certificates(Protocol):
    """Where the certificates are. Raises Forged, and Unavailable when they cannot be had now."""

    def get(self, url: str) -> x509.Certificate: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of SNS that is AWS's word. `subscribe_url` is empty but in a confirmation."""

    type: str
    id: str
    topic: str
    message: str
    subscribe_url: str


class FetchedCertificates:
    """AWS's own, fetched once by each process."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, x509.Certificate] = {}

    def get(self, url: str) -> x509.Certificate:
        if url not in self._known:
            content = _fetched(self._client, url)
            if len(self._known) >= 20:
                self._known.clear()
            self._known[url] = _certificate(content)
        return self._known[url]


class FileCertificate:
    """One certificate from a file, for whatever address."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, url: str) -> x509.Certificate:
        return _certificate(self._path.read_bytes())


@lru_cache(maxsize=4)
def certificates(settings: Settings) -> Certificates:
    """Those of the settings."""
    if settings.sns_certificate:
        return FileCertificate(Path(settings.sns_certificate))
    return FetchedCertificates(client_for(settings))


def verified(content: bytes, settings: Settings, source: Certificates) -> Notice:
    """The message when everything fits. Raises Forged and Unavailable. No database connection may be held."""
    fields = _fields(content)
    arn = _ARN.fullmatch(fields["TopicArn"])
    if arn is None or fields["TopicArn"] not in settings.sns_topics.split():
        raise Forged()
    host = _HOST % re.escape(arn["region"])
    if not re.fullmatch(host + _CERTIFICATE, fields["SigningCertURL"]):
        raise Forged()
    _check(fields, source.get(fields["SigningCertURL"]))
    subscribe = fields.get("SubscribeURL", "")
    if subscribe and not re.match(host + r"\?", subscribe):
        raise Forged()
    return Notice(fields["Type"], fields["MessageId"], fields["TopicArn"], fields["Message"], subscribe)


def confirm(notice: Notice, settings: Settings) -> None:
    """Accepts the subscription that AWS asks about. Raises Unavailable, so that it asks again."""
    _fetched(client_for(settings), notice.subscribe_url)


def _fields(content: bytes) -> dict[str, str]:
    try:
        given: Any = orjson.loads(content) if len(content) <= LARGEST else None
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict) or given.get("Type") not in SIGNED:
        raise Forged()
    fields = {name: value for name, value in given.items() if isinstance(value, str)}
    needed = {"TopicArn", "SigningCertURL", "Signature", "MessageId", "Message"}
    if needed - fields.keys():
        raise Forged()
    return fields


def _check(fields: Mapping[str, str], certificate: x509.Certificate) -> None:
    key, algorithm = certificate.public_key(), HASHES.get(fields.get("SignatureVersion", ""))
    moment = clock.now()
    valid = certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc
    if algorithm is None or not valid or not isinstance(key, RSAPublicKey):
        raise Forged()
    names = [name for name in SIGNED[fields["Type"]] if name in fields]
    signed = "".join(f"{name}\n{fields[name]}\n" for name in names).encode()
    try:
        key.verify(base64.b64decode(fields["Signature"], validate=True), signed, PKCS1v15(), algorithm())
    except (InvalidSignature, binascii.Error):
        raise Forged() from None


def _fetched(client: Client, url: str) -> bytes:
    try:
        answer = client.get(url, LIMITS)
    except (CallFailed, UrlRefused) as problem:
        raise Unavailable() from problem
    if answer.status != 200 or answer.cut:
        raise Unavailable()
    return answer.body


def _certificate(content: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        raise Forged() from None
