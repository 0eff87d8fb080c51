"""Where the master key lives: a local file, or AWS KMS. It wraps tenants' keys and nothing else."""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.crypto.errors import CannotDecrypt, KeyServiceUnavailable, MasterKeyUnusable
from infra.settings import Settings

Context = Mapping[str, str]


class KeyProvider(Protocol):
    """Wraps a key of 32 bytes under the master key. The context must be the same for wrap and unwrap."""

    def wrap(self, key: bytes, context: Context) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: Context) -> bytes: ...


class LocalKeyFile:
    """A file with 32 random bytes in base64 on its first line, readable by its owner only.

    To rotate: put a new line first, keep the old ones below, run rewrap in every cell, then remove the old lines.
    """

    def __init__(self, path: Path) -> None:
        keys = _read_keys(path)
        self._keys = {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])

    def wrap(self, key: bytes, context: Context) -> bytes:
        nonce = os.urandom(12)
        return self._current + nonce + self._keys[self._current].encrypt(nonce, key, _canonical(context))

    def unwrap(self, wrapped: bytes, context: Context) -> bytes:
        master = self._keys.get(bytes(wrapped[:4]))
        if master is None:
            raise MasterKeyUnusable(
                "A key was wrapped by a master key that is no longer in the key file. Add that line again."
            )
        try:
            return master.decrypt(wrapped[4:16], wrapped[16:], _canonical(context))
        except InvalidTag:
            raise CannotDecrypt from None


class KmsKeys:
    """AWS KMS. The context travels as EncryptionContext, so that CloudTrail shows whose key was opened."""

    def __init__(self, key_id: str, *, region: str, endpoint: str = "") -> None:
        if not key_id:
            raise MasterKeyUnusable("RAPPORT_KMS_KEY_ID must name the KMS key when RAPPORT_KEY_PROVIDER is kms.")
        self._key_id = key_id
        self._client: Any = boto3.client(
            "kms",
            region_name=region,
            endpoint_url=endpoint or None,
            config=Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 4, "mode": "standard"}),
        )

    def wrap(self, key: bytes, context: Context) -> bytes:
        answer = self._call("encrypt", KeyId=self._key_id, Plaintext=key, EncryptionContext=dict(context))
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: Context) -> bytes:
        """The ciphertext names its key, so that what an older KMS key wrapped still opens after a change."""
        answer = self._call("decrypt", CiphertextBlob=wrapped, EncryptionContext=dict(context))
        return bytes(answer["Plaintext"])

    def _call(self, verb: str, **arguments: object) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, verb)(**arguments)
        except ClientError as problem:
            code = problem.response.get("Error", {}).get("Code", "")
            if code == "InvalidCiphertextException":
                raise CannotDecrypt from problem
            if code in {
                "AccessDeniedException",
                "NotFoundException",
                "DisabledException",
                "KMSInvalidStateException",
            }:
                raise MasterKeyUnusable("KMS refuses the master key (%(reason)s).", reason=code) from problem
            raise KeyServiceUnavailable from problem
        except BotoCoreError as problem:
            raise KeyServiceUnavailable from problem
        return answer


def key_provider(settings: Settings) -> KeyProvider:
    """The provider that the settings name. Raises MasterKeyUnusable with what to do."""
    if settings.key_provider == "file":
        return LocalKeyFile(Path(settings.key_file))
    if settings.key_provider == "kms":
        return KmsKeys(settings.kms_key_id, region=settings.s3_region, endpoint=settings.kms_endpoint)
    raise MasterKeyUnusable("RAPPORT_KEY_PROVIDER must be file or kms.")


def _read_keys(path: Path) -> list[bytes]:
    try:
        mode, lines = stat.S_IMODE(path.stat().st_mode), path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise MasterKeyUnusable(
            "The master key file %(path)s is missing. Restore it from its backup: without it no personal data "
            "can be read. A new installation needs a file with 32 random bytes in base64 there.",
            path=path,
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise MasterKeyUnusable("The master key file %(path)s cannot be read.", path=path) from problem
    if mode & 0o077:
        raise MasterKeyUnusable(
            "The master key file %(path)s can be read by others. Run: chmod 600 %(path)s", path=path
        )
    keys = [_decoded(line) for line in lines]
    if not keys or any(len(key) != 32 for key in keys):
        raise MasterKeyUnusable(
            "The master key file %(path)s must hold 32 bytes in base64 on each line.", path=path
        )
    return keys


def _decoded(line: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return b""


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"rapport master key" + key).digest()[:4]


def _canonical(context: Context) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in _parts(context))


def _parts(context: Context) -> list[bytes]:
    return [part.encode() for item in sorted(context.items()) for part in item]
