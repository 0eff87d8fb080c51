"""Files on S3, or whatever speaks it. Type, name, size and checksum of a file live in PostgreSQL, not here.

Every key starts with its owner: `tenant_key(ref, "brand", "logo.png")`. While a tenant is open in this piece of
work, a key of another tenant is refused. Neither direction holds a whole file in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, NewType, Protocol
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.db.scope import TenantRef, TenantScopeError, current_tenant
from infra.errors import NotFound, Unavailable
from infra.settings import Settings

StorageKey = NewType("StorageKey", str)

PART = 8 * 1024 * 1024
"""Bytes of one part: all that an upload or download holds of a file."""

_GONE = {"404", "NoSuchKey", "NotFound"}
_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class StorageUnavailable(Unavailable):
    """The file store does not answer or refuses us."""

    code = "storage_unavailable"
    message = "The file store does not answer at the moment. Nothing was lost; please try again."


class ObjectMissing(NotFound):
    """There is no file under this key."""

    code = "object_missing"
    message = "This file is not there any more."


class Storage(Protocol):
    """Where files live. Raises StorageUnavailable and ObjectMissing."""

    def put(self, key: StorageKey, content: bytes | IO[bytes], *, content_type: str) -> None: ...

    def get(self, key: StorageKey) -> bytes: ...

    def stream(self, key: StorageKey) -> Iterator[bytes]: ...

    def delete(self, key: StorageKey) -> None: ...

    def delete_below(self, key: StorageKey) -> int: ...

    def delete_all_of(self, tenant: TenantRef) -> int: ...

    def presign_get(self, key: StorageKey, *, expires_in: int, filename: str = "") -> str: ...

    def presign_put(self, key: StorageKey, *, expires_in: int, content_type: str) -> str: ...

    def ping(self) -> None: ...


def tenant_key(tenant: TenantRef, *parts: str) -> StorageKey:
    """A key below the tenant's id. Raises ValueError for a part that is empty or has odd characters."""
    return _joined(str(tenant.id), parts)


def platform_key(*parts: str) -> StorageKey:
    """A key of the platform's own."""
    return _joined("platform", parts)


def _joined(root: str, parts: tuple[str, ...]) -> StorageKey:
    for part in parts:
        if not part or part.startswith(".") or not _CHARACTERS.issuperset(part):
            raise ValueError(f"{part!r} cannot be a part of a storage key")
    if not parts:
        raise ValueError("a storage key needs a name")
    return StorageKey("/".join((root, *parts)))


class S3Storage:
    """S3 by boto3, with short timeouts and the standard retries (three attempts with growing pauses)."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket
        self._client: Any = boto3.client(
            "s3",
            region_name=settings.s3_region,
            endpoint_url=settings.s3_endpoint or None,
            aws_access_key_id=settings.s3_key or None,
            aws_secret_access_key=settings.s3_secret or None,
            config=Config(
                connect_timeout=2,
                read_timeout=6,  # a web thread waits for it; a store that hangs must not take them all
                signature_version="s3v4",
                retries={"total_max_attempts": 2, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if settings.s3_endpoint else {},
            ),
        )
        self._transfer = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)

    def put(self, key: StorageKey, content: bytes | IO[bytes], *, content_type: str) -> None:
        """Stores bytes or everything a binary stream gives, in parts; an existing file is replaced."""
        body = BytesIO(content) if isinstance(content, bytes) else content
        with self._errors(key):
            self._client.upload_fileobj(
                body, self._bucket, key, ExtraArgs={"ContentType": content_type}, Config=self._transfer
            )

    def get(self, key: StorageKey) -> bytes:
        """The whole file; for small ones."""
        return b"".join(self.stream(key))

    def stream(self, key: StorageKey) -> Iterator[bytes]:
        """The file in chunks. A missing file is raised before the first chunk, by this call itself."""
        with self._errors(key):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        return self._chunks(key, body)

    def delete(self, key: StorageKey) -> None:
        """Removes the file; does nothing when there is none."""
        with self._errors(key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def delete_all_of(self, tenant: TenantRef) -> int:
        """Removes every file of a tenant and answers how many there were. Safe to repeat."""
        return self._delete_below(tenant_key(tenant, "everything"), f"{tenant.id}/")

    def delete_below(self, key: StorageKey) -> int:
        """Removes every file whose key goes on from this one with a slash; answers how many. Safe to repeat."""
        return self._delete_below(key, f"{key}/")

    def _delete_below(self, key: StorageKey, prefix: str) -> int:
        gone = 0
        with self._errors(key):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    self._client.delete_object(Bucket=self._bucket, Key=found["Key"])
                    gone += 1
        return gone

    def presign_get(self, key: StorageKey, *, expires_in: int, filename: str = "") -> str:
        """An address that gives the file to its holder for `expires_in` seconds; with a name, as a download."""
        options = {"Bucket": self._bucket, "Key": key}
        if filename:
            options["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
        return self._presigned("get_object", options, expires_in)

    def presign_put(self, key: StorageKey, *, expires_in: int, content_type: str) -> str:
        """An address that takes one PUT with exactly this Content-Type for `expires_in` seconds."""
        options = {"Bucket": self._bucket, "Key": key, "ContentType": content_type}
        return self._presigned("put_object", options, expires_in)

    def ping(self) -> None:
        """Raises StorageUnavailable when the bucket does not answer."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (ClientError, BotoCoreError) as problem:
            raise StorageUnavailable from problem

    def _presigned(self, verb: str, options: dict[str, str], expires_in: int) -> str:
        with self._errors(StorageKey(options["Key"])):
            address: str = self._client.generate_presigned_url(verb, Params=options, ExpiresIn=expires_in)
        return address

    def _chunks(self, key: StorageKey, body: Any) -> Iterator[bytes]:
        with body, self._errors(key):
            yield from body.iter_chunks(256 * 1024)

    @contextmanager
    def _errors(self, key: StorageKey) -> Iterator[None]:
        _refuse_foreign(key)
        try:
            yield
        except ClientError as problem:
            if problem.response.get("Error", {}).get("Code") in _GONE:
                raise ObjectMissing from problem
            raise StorageUnavailable from problem
        except (BotoCoreError, Boto3Error, OSError) as problem:
            raise StorageUnavailable from problem


def _refuse_foreign(key: StorageKey) -> None:
    """A key of another tenant while one is open is a bug, never input."""
    root = key.partition("/")[0]
    try:
        tenant = current_tenant()
    except TenantScopeError:
        return
    if root not in (str(tenant.id), "platform"):
        raise TenantScopeError(f"a file of {root} was asked for inside tenant {tenant.id}")
