"""Where the master key lives."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.crypto import CannotDecrypt, KeyProvider, KeyServiceUnavailable, KmsKeys, LocalKeyFile, MasterKeyUnusable
from infra.crypto.providers import key_provider
from infra.settings import Settings

CONTEXT = {"product": "rapport", "tenant": "one"}


def key_file(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(base64.b64encode(line) for line in lines or [os.urandom(32)]) + b"\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("kms", region_name="eu-central-1")
        yield client.create_key()["KeyMetadata"]["KeyId"]


def wraps_and_unwraps(provider: KeyProvider) -> None:
    key = os.urandom(32)
    wrapped = provider.wrap(key, CONTEXT)
    assert key not in wrapped
    assert provider.unwrap(wrapped, CONTEXT) == key
    with pytest.raises(CannotDecrypt):
        provider.unwrap(wrapped, {**CONTEXT, "tenant": "two"})
    with pytest.raises(CannotDecrypt):
        provider.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), CONTEXT)


def test_the_file_wraps_a_key_bound_to_its_context(tmp_path: Path) -> None:
    wraps_and_unwraps(LocalKeyFile(key_file(tmp_path / "master.key")))


def test_kms_wraps_a_key_bound_to_its_context(kms: str) -> None:
    wraps_and_unwraps(KmsKeys(kms, region="eu-central-1"))


def test_after_a_rotation_both_lines_unwrap_and_the_first_wraps(tmp_path: Path) -> None:
    old, new, key = os.urandom(32), os.urandom(32), os.urandom(32)
    wrapped = LocalKeyFile(key_file(tmp_path / "a", old)).wrap(key, CONTEXT)
    both = LocalKeyFile(key_file(tmp_path / "b", new, old))
    assert both.unwrap(wrapped, CONTEXT) == key
    only_new = LocalKeyFile(key_file(tmp_path / "c", new))
    assert only_new.unwrap(both.wrap(key, CONTEXT), CONTEXT) == key
    with pytest.raises(MasterKeyUnusable, match="no longer in the key file"):
        only_new.unwrap(wrapped, CONTEXT)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyUnusable, match=r"is missing. Restore it from its backup"):
        LocalKeyFile(tmp_path / "master.key")


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path / "master.key")
    path.chmod(0o640)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        LocalKeyFile(path)


@pytest.mark.parametrize("content", [b"", b"not base64\n", base64.b64encode(bytes(16)), b"\xff\xfe"])
def test_a_key_file_with_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyUnusable, match=r"master\.key"):
        LocalKeyFile(path)


def test_kms_away_can_be_tried_again_and_a_missing_key_cannot(kms: str) -> None:
    with pytest.raises(MasterKeyUnusable, match="NotFoundException"):
        KmsKeys("11111111-2222-3333-4444-555555555555", region="eu-central-1").wrap(bytes(32), CONTEXT)


def test_kms_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with pytest.raises(KeyServiceUnavailable):
        KmsKeys("any", region="eu-central-1", endpoint="http://127.0.0.1:9").wrap(bytes(32), CONTEXT)


def test_settings_that_name_no_provider_are_refused() -> None:
    with pytest.raises(MasterKeyUnusable, match="file or kms"):
        key_provider(Settings(key_provider="paper"))
    with pytest.raises(MasterKeyUnusable, match="RAPPORT_KMS_KEY_ID"):
        key_provider(Settings(key_provider="kms"))
