"""Mails that tell of mails: delivery status notifications (RFC 3464) and complaints (ARF, RFC 5965).

What servers write that follow no standard is read by `infra.mail.notices`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from infra.mail import bounces, notices
from infra.mail.bounces import Kind
from infra.mail.inbound import automatic, mime
from infra.mail.inbound.mime import Headers, Part

MOST_REPORTS = 20
_ORIGINALS = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global")
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "miscategorized", "opt-out", "opt-out-list", "other"})
"""Of ARF's kinds; `not-spam` is the opposite, and `auth-failure` and `dmarc` are about servers."""
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_TYPED = re.compile(r"\s*(?:rfc822|utf-8|x-[\w-]+|smtp|unknown)\s*;\s*", re.IGNORECASE)
_ID = re.compile(r"<[^<>\s]{1,400}>")
OURS = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@[^<>\s]+>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """What is said about one recipient. `recipients` are the forms of the address, the one we wrote to first."""

    kind: Kind
    recipients: tuple[str, ...]
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail that tells of ours. `message_ids` are those of the mails it tells of."""

    shape: str
    reports: tuple[Report, ...]
    message_ids: tuple[str, ...]

    @property
    def outbox_ids(self) -> tuple[UUID, ...]:
        """The rows that our own Message-IDs name; what looks like one may still be somebody else's."""
        return tuple(UUID(found[1]) for each in self.message_ids if (found := OURS.fullmatch(each)))


def parse(content: bytes, *, null_sender: bool, to_bounce_address: bool = False) -> Returned | None:
    """What the mail tells of ours, None when it is no report. Never raises for what it reads.

    To a bounce address only reports come: what is none of them is an automatic reply, or unknown.
    """
    whole = mime.read(content)
    parts = list(mime.leaves(whole))
    original = _originals(parts)
    ids = tuple(dict.fromkeys([*original, *_mentioned(whole.headers)]))
    standard = list(_standard(parts))
    if standard:
        return Returned("standard", tuple(standard[:MOST_REPORTS]), ids)
    notice = notices.read(whole.headers, parts, null_sender=null_sender)
    if notice is not None:
        found = tuple(Report(_kind(n), (n.recipient,), n.status, n.diagnostic) for n in notice.failures)
        return Returned(notice.shape, found, tuple(dict.fromkeys([*notice.message_ids, *ids])))
    if not to_bounce_address:
        return None
    kind: Kind = "reply" if automatic.kind_of(whole.headers, null_sender=null_sender) else "unknown"
    return Returned("reply" if kind == "reply" else "unknown", (Report(kind, (), "", ""),), ids)


def _standard(parts: Sequence[Part]) -> Iterator[Report]:
    for part in parts:
        if part.type in ("message/delivery-status", "message/global-delivery-status"):
            yield from _statuses(part)
        elif part.type == "message/feedback-report":
            yield from _complaints(Headers(part.decoded()))


def _statuses(part: Part) -> Iterator[Report]:
    """One group of fields for each recipient; the first group is about the mail as a whole."""
    for group in _BLANK.split(part.decoded()[: mime.HEAD_MOST])[: MOST_REPORTS + 2]:
        fields = Headers(group.strip() + b"\r\n")
        if "final-recipient" not in fields and "original-recipient" not in fields:
            continue
        said = _TYPED.sub("", fields.get("diagnostic-code"), count=1)
        status = bounces.status_in(said, (re.findall(r"[245]\.\d+\.\d+", fields.get("status")) or [""])[0])
        action = fields.get("action").lower().split(" ")[0]
        named = (fields.get("original-recipient"), fields.get("final-recipient"), fields.get("x-actual-recipient"))
        recipients = tuple(dict.fromkeys(filter(None, map(_address, named))))
        kind = bounces.classify(status, said, action)
        yield Report(kind, recipients, status, bounces.without_addresses(said))


def _complaints(fields: Headers) -> Iterator[Report]:
    told = fields.get("feedback-type").lower().strip()
    if told in _COMPLAINTS:
        named = (*fields.all("original-rcpt-to"), *fields.all("removal-recipient"))
        recipients = tuple(dict.fromkeys(filter(None, map(_address, named))))
        yield Report("complaint", recipients[:5], "", bounces.without_addresses(f"feedback type {told}"))


def _kind(notice: notices.Failure) -> Kind:
    return bounces.classify(notice.status, notice.said, "delayed" if notice.delayed else "")


def _originals(parts: Sequence[Part]) -> Iterator[str]:
    """Message-IDs of the mails that were sent along."""
    for part in parts:
        if part.type in _ORIGINALS:
            headers = mime.read(part.decoded()[: mime.HEAD_MOST]).headers
            yield from _ID.findall(headers.get("message-id"))[:1]


def _mentioned(headers: Headers) -> list[str]:
    """Some servers name the mail in the notice's own header and send nothing of it along."""
    named = " ".join((headers.get("in-reply-to"), headers.get("references"), headers.get("x-original-message-id")))
    return _ID.findall(named)[:10]


def _address(value: str) -> str:
    found = _TYPED.sub("", value, count=1).strip().strip("<>").strip()
    return found if "@" in found and len(found) <= 320 and " " not in found else ""
