"""A mail as a plain value: who wrote, what, in answer to what, with which files. Never raises for what it reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from infra.i18n import N_
from infra.mail.inbound import automatic, mime, originator
from infra.mail.inbound.automatic import Automatic
from infra.mail.inbound.hypertext import to_text
from infra.mail.inbound.mime import Headers, Part
from infra.mail.inbound.originator import Author

TEXT_MOST = 100_000
"""Characters of the text that are kept beside the mail itself."""
HTML_MOST = 400_000
MOST_ATTACHMENTS = 100
MOST_REFERENCES = 100

_ID = re.compile(r"<[^<>\s]{1,400}>")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent; nothing is unpacked, and name and type are what the sender says."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a mail says. `problem` is one sentence when some of it could not be read."""

    message_id: str
    author: Author
    subject: str
    text: str
    date: datetime | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    auto_submitted: Automatic | None
    circles: bool
    list_id: str
    attachments: tuple[Attachment, ...]
    problem: str = ""

    @property
    def sender(self) -> str:
        """The address of who wrote, "" when the mail names nobody."""
        return self.author.address

    @property
    def sender_name(self) -> str:
        return self.author.name

    @property
    def may_be_answered(self) -> bool:
        """Whether an automatic answer could do no harm (RFC 3834, 2)."""
        return bool(self.sender) and self.auto_submitted is None and not self.circles


def parse(content: bytes, *, null_sender: bool = False) -> Inbound:
    """Reads a mail. Whatever is wrong with it is made the best of."""
    whole = mime.read(content)
    parts = list(mime.leaves(whole))
    headers = whole.headers
    files = [part for part in parts if part.is_attachment]
    return Inbound(
        message_id=message_id(headers),
        author=originator.read(headers),
        subject=headers.words("subject")[:1000],
        text=_text(parts),
        date=_date(headers.get("date")),
        in_reply_to=_ids(headers.get("in-reply-to")),
        references=_ids(headers.get("references")),
        auto_submitted=automatic.kind_of(headers, null_sender=null_sender),
        circles=automatic.is_circling(headers),
        list_id=headers.get("list-id")[:500],
        attachments=tuple(_attachment(part) for part in files[:MOST_ATTACHMENTS]),
        problem=_problem(headers, parts, files),
    )


def message_id(headers: Headers) -> str:
    """The Message-ID with its brackets, "" when there is none."""
    found = _ids(headers.get("message-id"))
    return found[0] if found else ""


def _text(parts: Sequence[Part]) -> str:
    """The plain text where there is one, else the HTML's."""
    shown = [part for part in parts if not part.is_attachment]
    plain = [part.text(TEXT_MOST) for part in shown if part.type != "text/html"]
    found = "\n".join(text.strip("\n") for text in plain if text.strip())
    if not found:
        found = "\n".join(to_text(part.text(HTML_MOST)) for part in shown if part.type == "text/html")
    return found[:TEXT_MOST].strip()


def _attachment(part: Part) -> Attachment:
    return Attachment(part.name or _named(part), part.type, part.decoded())


def _named(part: Part) -> str:
    return {"message/rfc822": "message.eml", "text/html": "text.html"}.get(part.type, "file")


def _ids(value: str) -> tuple[str, ...]:
    return tuple(_ID.findall(value))[-MOST_REFERENCES:]


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value[:200])
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _problem(headers: Headers, parts: Sequence[Part], files: Sequence[Part]) -> str:
    if headers.cut:
        return N_("The header of this mail is longer than 256 kB; only its beginning was read.")
    if any(part.type.startswith("multipart/") for part in parts):
        return N_("This mail is nested too deeply, or its parts cannot be told apart; the whole of it is kept.")
    if len(parts) >= mime.MOST_PARTS - 1 or len(files) > MOST_ATTACHMENTS:
        return N_("This mail has too many parts; the first are shown, and the whole of it is kept.")
    return ""
