"""What SES tells of a mail (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html) as our reports.

Both forms are read: notifications of an identity (`notificationType`) and events of a configuration set
(`eventType`). Which mail it is about say the tags that went out with it, or its bounce address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from infra.mail import bounces
from infra.mail.bounces import Kind
from infra.mail.dsn import Report
from infra.mail.ses import TAG, TENANT_TAG

MOST = 50
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})
_KINDS: Mapping[str, Kind] = {"Permanent": "hard", "Transient": "soft", "Undetermined": "unknown"}


@dataclass(frozen=True, slots=True)
class SesEvent:
    """One event; `delivered` and `reports` say what happened, the rest whose mail it was."""

    tenant_id: UUID | None
    outbox_id: UUID | None
    source: str
    reports: tuple[Report, ...]
    delivered: bool


def parse(message: str) -> SesEvent | None:
    """The event; None for what tells nothing of a mail's fate, like the test message of a new topic."""
    try:
        told: Any = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("mail"), dict):
        return None
    kind = str(told.get("eventType") or told.get("notificationType") or "")
    mail, reports = told["mail"], _reports(kind, told)
    if kind not in ("Delivery", "Bounce", "Complaint"):
        return None
    return SesEvent(
        _tag(mail, TENANT_TAG), _tag(mail, TAG), str(mail.get("source") or ""), reports, kind == "Delivery"
    )


def _reports(kind: str, told: Mapping[str, Any]) -> tuple[Report, ...]:
    part = told.get(kind.lower())
    if not isinstance(part, dict):
        return ()
    if kind == "Bounce":
        return tuple(_bounce(part, each) for each in _listed(part, "bouncedRecipients"))
    if kind == "Complaint" and part.get("complaintFeedbackType") not in _NO_COMPLAINT:
        said = f"feedback type {part.get('complaintFeedbackType') or 'not said'}"
        return tuple(
            Report("complaint", _address(each), "", bounces.without_addresses(said))
            for each in _listed(part, "complainedRecipients")
        )
    return ()


def _bounce(part: Mapping[str, Any], recipient: Mapping[str, Any]) -> Report:
    said = str(recipient.get("diagnosticCode") or "").removeprefix("smtp; ")
    status = bounces.status_in(said, str(recipient.get("status") or "")[:20])
    kind = _KINDS.get(str(part.get("bounceType")), "unknown")
    text = said or f"{part.get('bounceType')} {part.get('bounceSubType')}"
    return Report(kind, _address(recipient), status, bounces.without_addresses(text))


def _listed(part: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found: Any = part.get(name)
    listed: list[Mapping[str, Any]] = (
        [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    )
    return listed[:MOST]


def _address(recipient: Mapping[str, Any]) -> tuple[str, ...]:
    address = recipient.get("emailAddress")
    return (address,) if isinstance(address, str) and "@" in address else ()


def _tag(mail: Mapping[str, Any], name: str) -> UUID | None:
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    try:
        return UUID(values[0]) if isinstance(values, list) and values else None
    except (ValueError, TypeError, AttributeError):
        return None
