"""Files on their way in: looked at on this machine, stored in parts, fetched again for the work."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from customers.imports import reading
from infra.db import TenantRef
from infra.i18n import N_
from infra.ids import new_id
from infra.storage import Storage, StorageKey, tenant_key
from infra.uploads import UploadRefused

LARGEST = 200_000_000
PIECE = 1 << 20
TOO_LARGE = N_("This file is too large: at most %(limit)s MB are allowed.")


@contextmanager
def kept(stream: IO[bytes]) -> Iterator[Path]:
    """The stream as a file for a while. Raises UploadRefused when it is too large."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > LARGEST:
                raise UploadRefused(TOO_LARGE, limit=LARGEST // 1_000_000)
            file.write(piece)
        file.flush()
        yield Path(file.name)


def receive(storage: Storage, tenant: TenantRef, path: Path) -> tuple[StorageKey, dict[str, Any], list[str]]:
    """Recognises the file and stores it; answers where it lies, how it is read, and its headings.

    Raises FileRefused before anything is stored. Call it without a transaction: it may take a minute.
    """
    form = reading.recognise(path)
    headings, _ = reading.head_of(path, form)
    key = tenant_key(tenant, "imports", new_id().hex)
    kind = "text/csv" if form["kind"] == "csv" else "application/octet-stream"
    with path.open("rb") as file:
        storage.put(key, file, content_type=kind)
    return key, form, headings


@contextmanager
def fetched(storage: Storage, key: str) -> Iterator[Path]:
    """The stored file on this machine for a while."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        for piece in storage.stream(StorageKey(key)):
            file.write(piece)
        file.flush()
        yield Path(file.name)


def sample(storage: Storage, key: str, form: dict[str, Any]) -> list[list[str]]:
    """The first rows, for the page on which columns are mapped. A CSV's are cut out of its beginning."""
    if form["kind"] != "csv":
        with fetched(storage, key) as path:
            return reading.head_of(path, form)[1]
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        size = 0
        for piece in storage.stream(StorageKey(key)):
            file.write(piece)
            size += len(piece)
            if size >= PIECE:
                break
        file.flush()
        return reading.head_of(Path(file.name), form)[1]
