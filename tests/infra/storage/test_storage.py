"""The file seam against the embedded S3."""

import os
import urllib.error
import urllib.request
from dataclasses import replace
from io import BytesIO, RawIOBase
from uuid import uuid4

import pytest

from infra.db import TenantRef
from infra.db.scope import TenantScopeError, entered
from infra.services import Services
from infra.storage import PART, ObjectMissing, S3Storage, StorageUnavailable, platform_key, tenant_key


class Zeros(RawIOBase):
    """A stream that cannot be rewound and remembers the largest piece that was asked for."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.largest = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.largest = max(self.largest, size)
        given = self.left if size < 0 else min(size, self.left)
        self.left -= given
        return bytes(given)


def test_a_file_comes_back_as_it_went(services: Services, acme: TenantRef) -> None:
    key = tenant_key(acme, "brand", "logo.png")
    services.storage.put(key, b"\x00\xffpng", content_type="image/png")
    assert services.storage.get(key) == b"\x00\xffpng"
    services.storage.put(key, BytesIO(b"newer"), content_type="image/png")
    assert services.storage.get(key) == b"newer"


def test_a_large_file_passes_in_parts(services: Services, acme: TenantRef) -> None:
    key, size = tenant_key(acme, "exports", "large.bin"), 2 * PART + 123
    source = Zeros(size)
    services.storage.put(key, source, content_type="application/octet-stream")
    assert source.largest <= PART
    received = [len(chunk) for chunk in services.storage.stream(key)]
    assert sum(received) == size
    assert max(received) <= PART


def test_a_missing_file_says_so_before_the_first_chunk(services: Services, acme: TenantRef) -> None:
    with pytest.raises(ObjectMissing):
        services.storage.stream(tenant_key(acme, "never"))


def test_deleting_twice_is_fine(services: Services, acme: TenantRef) -> None:
    key = tenant_key(acme, "short-lived")
    services.storage.put(key, b"x", content_type="text/plain")
    services.storage.delete(key)
    services.storage.delete(key)
    with pytest.raises(ObjectMissing):
        services.storage.get(key)


def test_a_signed_address_gives_and_takes_the_file_and_no_other(services: Services, acme: TenantRef) -> None:
    key = tenant_key(acme, "imports", uuid4().hex)
    put = services.storage.presign_put(key, expires_in=60, content_type="text/csv")
    request = urllib.request.Request(put, data=b"a,b", method="PUT", headers={"Content-Type": "text/csv"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    got = services.storage.presign_get(key, expires_in=60, filename="Gäste.csv")
    with urllib.request.urlopen(got, timeout=10) as answer:
        assert answer.read() == b"a,b"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(got.replace(key, tenant_key(acme, "imports", "other")), timeout=10)
    refused.value.close()
    assert refused.value.code == 403


def test_a_key_of_another_tenant_is_refused_while_one_is_open(
    services: Services, acme: TenantRef, globex: TenantRef
) -> None:
    with entered(acme), pytest.raises(TenantScopeError):
        services.storage.get(tenant_key(globex, "brand", "logo.png"))


@pytest.mark.parametrize("part", ["", "..", ".hidden", "a/b", "ä", "a b"])
def test_a_key_has_plain_parts_only(acme: TenantRef, part: str) -> None:
    with pytest.raises(ValueError, match="storage key"):
        tenant_key(acme, part)


def test_a_store_that_is_away_is_a_typed_error(services: Services) -> None:
    services.storage.ping()
    away = S3Storage(replace(services.settings, s3_endpoint="http://127.0.0.1:9"))
    with pytest.raises(StorageUnavailable):
        away.ping()
    with pytest.raises(StorageUnavailable):
        away.get(platform_key("anything"))
    wrong = S3Storage(replace(services.settings, s3_secret=os.urandom(8).hex()))
    with pytest.raises(StorageUnavailable):
        wrong.get(platform_key("anything"))
