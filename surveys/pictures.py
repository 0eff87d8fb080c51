"""Pictures in surveys: decoded and written anew like a logo, and named by what is in them.

They are the workspace's, not one survey's: copies and versions of a survey name the same file, so none is taken
away from under a page that is open. They go with the workspace.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import IO

from infra.db import TenantRef
from infra.storage import ObjectMissing, Storage, tenant_key
from infra.uploads import clean_image
from surveys.definition.options import PICTURE_FILE, Picture

LARGEST = 5 * 1024 * 1024
LONGEST_SIDE = 800
KINDS = {"png": "image/png", "jpg": "image/jpeg"}

_FILE = re.compile(PICTURE_FILE, re.ASCII)


def store(storage: Storage, tenant: TenantRef, stream: IO[bytes]) -> Picture:
    """Cleans an image and stores it. Call it without a transaction. Raises UploadRefused, StorageUnavailable."""
    image = clean_image(stream, max_bytes=LARGEST, max_side=LONGEST_SIDE)
    file = f"{hashlib.sha256(image.content).hexdigest()[:32]}.{image.extension}"
    storage.put(tenant_key(tenant, "pictures", file), image.content, content_type=image.content_type)
    return Picture(file, image.width, image.height, {})


def kind_of(file: str) -> str:
    """The content type of a picture of ours. Raises ObjectMissing for any other name."""
    if not _FILE.fullmatch(file):
        raise ObjectMissing
    return KINDS[file.rpartition(".")[2]]


def read(storage: Storage, tenant: TenantRef, file: str) -> Iterator[bytes]:
    """The picture. Raises ObjectMissing, StorageUnavailable."""
    kind_of(file)
    return storage.stream(tenant_key(tenant, "pictures", file))
