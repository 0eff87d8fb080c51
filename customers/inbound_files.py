"""What came with a mail: kept as it was sent, because it is evidence, and marked where it may harm who opens it.

A file that we would refuse to take as an upload cannot be refused here, since the mail is in. So it says what is
the matter with it, and whoever wants it has to ask for it twice.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Literal, cast
from uuid import UUID

from infra import attachments
from infra.db import TenantRef
from infra.mail.inbound import mime
from infra.mail.inbound.parsing import Attachment
from infra.storage import Storage, StorageKey, tenant_key
from infra.uploads import UploadRefused

Risk = Literal["program", "macros", "archive", "page", "unknown"]
RISKS: tuple[Risk, ...] = ("program", "macros", "archive", "page", "unknown")

_REFUSED: dict[str, Risk] = {
    attachments.PROGRAM: "program",
    attachments.MACROS: "macros",
    attachments.DAMAGED: "archive",
    attachments.BOMB: "archive",
    attachments.NESTED: "archive",
    attachments.PACKED: "archive",
    attachments.UNKNOWN: "unknown",
}
"""An empty file is refused as an upload, but harms nobody."""
_PAGE_NAMES = re.compile(r"\.(?:html?|xht(?:ml)?|shtml|mht(?:ml)?|svgz?|xml|xsl)$", re.IGNORECASE)
_MAIL_TYPES = ("message/rfc822", "message/global", "message/news")
_MAIL_NAMES = re.compile(r"\.(?:emlx?|nws)$", re.IGNORECASE)
DEEPEST = 3
"""Mails within a mail that are looked into."""

log = logging.getLogger(__name__)


def keep(storage: Storage, tenant: TenantRef, mail_id: UUID, number: int, attachment: Attachment) -> dict[str, Any]:
    """Stores a file under a name of ours and answers how it is noted. Call it without a transaction.

    Raises StorageUnavailable.
    """
    key = tenant_key(tenant, "inbound", mail_id.hex, str(number))
    storage.put(key, attachment.content, content_type="application/octet-stream")
    name = attachments.named(attachment.name) or "file"
    noted = {"name": name, "type": attachment.type, "bytes": len(attachment.content), "file": key}
    return {**noted, "risk": risk_of(attachment)}


def risk_of_kept(storage: Storage, noted: Mapping[str, Any]) -> Risk | None:
    """What is the matter with a file as it is noted: judged now where it never was. Call it without a transaction.

    Raises ObjectMissing, StorageUnavailable.
    """
    if "risk" in noted:
        return cast(Risk | None, noted["risk"])
    content = storage.get(StorageKey(noted["file"]))
    return risk_of(Attachment(str(noted.get("name") or ""), str(noted.get("type") or ""), content))


def risk_of(attachment: Attachment) -> Risk | None:
    """What is the matter with a file; None where nothing is to be seen. Whatever goes wrong, it is an answer: a
    mail is not lost by what came with it.
    """
    try:
        return _judged(attachment)
    except Exception as problem:
        log.error("a file could not be judged", exc_info=problem)
        return "archive" if attachment.content.startswith(b"PK") else "unknown"


def _judged(attachment: Attachment, depth: int = 0) -> Risk | None:
    """The worst of what it is and of what it holds, if it is a mail itself."""
    found: list[Risk | None] = [_alone(attachment), "archive" if attachment.type.startswith("multipart/") else None]
    if attachment.type in _MAIL_TYPES or _MAIL_NAMES.search(attachments.named(attachment.name)):
        found += ["archive"] if depth == DEEPEST else [_judged(each, depth + 1) for each in _held(attachment)]
    return min((each for each in found if each), key=RISKS.index, default=None)


def _held(mail: Attachment) -> Iterator[Attachment]:
    """The files of a mail; one that nobody can take apart is left as it is."""
    for part in mime.leaves(mime.read(mail.content)):
        if part.is_attachment:
            yield Attachment(part.name or "file", part.type, part.decoded())


def _alone(attachment: Attachment) -> Risk | None:
    try:
        attachments.kind_of(BytesIO(attachment.content), attachment.name, max_bytes=len(attachment.content))
    except UploadRefused as refused:
        return _REFUSED.get(refused.message)
    return "page" if _PAGE_NAMES.search(attachments.named(attachment.name)) else None
