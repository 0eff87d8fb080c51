"""What came with a mail: kept as it was sent, because it is evidence, and marked where it may harm who opens it.

A file that we would refuse to take as an upload cannot be refused here, since the mail is in. So it says what is
the matter with it, and whoever wants it has to ask for it twice.
"""

import logging
import re
from io import BytesIO
from typing import Any, Literal
from uuid import UUID

from infra import attachments
from infra.db import TenantRef
from infra.mail.inbound.parsing import Attachment
from infra.storage import Storage, tenant_key
from infra.uploads import UploadRefused

Risk = Literal["program", "macros", "archive", "page", "unknown"]
RISKS: tuple[Risk, ...] = ("program", "macros", "archive", "page", "unknown")

_REFUSED: dict[str, Risk] = {
    attachments.PROGRAM: "program",
    attachments.MACROS: "macros",
    attachments.DAMAGED: "archive",
    attachments.BOMB: "archive",
    attachments.NESTED: "archive",
    attachments.UNKNOWN: "unknown",
}
"""An empty file is refused as an upload, but harms nobody."""
_PAGE_NAMES = re.compile(r"\.(?:html?|xht(?:ml)?|shtml|mht(?:ml)?|svgz?|xml|xsl)$", re.IGNORECASE)

log = logging.getLogger(__name__)


def keep(storage: Storage, tenant: TenantRef, mail_id: UUID, number: int, attachment: Attachment) -> dict[str, Any]:
    """Stores a file under a name of ours and answers how it is noted. Call it without a transaction.

    Raises StorageUnavailable.
    """
    key = tenant_key(tenant, "inbound", mail_id.hex, str(number))
    storage.put(key, attachment.content, content_type="application/octet-stream")
    name = attachments.named(attachment.name) or "file"
    noted = {"name": name, "type": attachment.type, "bytes": len(attachment.content), "file": key}
    risk = risk_of(attachment)
    return {**noted, "risk": risk} if risk else noted


def risk_of(attachment: Attachment) -> Risk | None:
    """What is the matter with a file; None where nothing is to be seen. Whatever goes wrong, it is an answer: a
    mail is not lost by what came with it.
    """
    try:
        return _judged(attachment)
    except Exception as problem:
        log.error("a file could not be judged", exc_info=problem)
        return "archive" if attachment.content.startswith(b"PK") else "unknown"


def _judged(attachment: Attachment) -> Risk | None:
    try:
        attachments.kind_of(BytesIO(attachment.content), attachment.name, max_bytes=len(attachment.content))
    except UploadRefused as refused:
        return _REFUSED.get(refused.message)
    return "page" if _PAGE_NAMES.search(attachments.named(attachment.name)) else None
