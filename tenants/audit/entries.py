"""Writing a row, and the rows about one thing."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from infra import clock, log
from infra.ids import first_id_at
from infra.jobs import enqueue
from tenants.audit.jobs import FLAG, seal
from tenants.models import AuditEntry
from tenants.permissions import Actor

CODE = re.compile(r"[A-Za-z0-9_.:/+#*-]{0,200}")
"""What a detail may look like: an id, a code, a number, a host, a moment. No spaces and no @, so that neither a
name nor an e-mail address can get in by mistake."""

SEALED_AFTER = 3
"""Seconds that the sealer waits for more; with the way to the worker a row is sealed within ten."""
ONE_READING = timedelta(minutes=15)


class NotACode(ValueError):
    """Somebody tried to put words into the audit log."""


def record(session: Session, action: str, *, by: Actor, subject: UUID | None = None, **codes: object) -> None:
    """Notes a deed such as `staff.signed_in`, whose kind stands in `tenants.audit.kinds`.

    `codes` are ids, codes, numbers, yes or no, and lists of these, never personal data; NotACode for anything else.
    """
    session.add(
        AuditEntry(
            actor_kind=by.kind,
            actor_id=by.id,
            action=action,
            subject_id=subject,
            data={name: _code(name, value) for name, value in codes.items()},
            request_id=log.REQUEST.get(),
        )
    )
    enqueue(session, seal, once=FLAG, delay=SEALED_AFTER)


def record_reading(session: Session, action: str, *, by: Actor, subject: UUID) -> None:
    """Notes that somebody reads a list of personal data; leafing through it for a while is one entry.

    Two requests at the same moment may both be noted.
    """
    again = exists().where(
        AuditEntry.actor_id == by.id,
        AuditEntry.id >= first_id_at(clock.now() - ONE_READING),
        AuditEntry.action == action,
        AuditEntry.subject_id == subject,
    )
    if not session.scalar(select(again)):
        record(session, action, by=by, subject=subject)


def is_recorded(session: Session, *actions: str, within: timedelta) -> bool:
    """Whether one of these deeds was noted within so long a time, whatever it was done to."""
    found = exists().where(AuditEntry.action.in_(actions), AuditEntry.id >= first_id_at(clock.now() - within))
    return bool(session.scalar(select(found)))


def list_about(session: Session, subject: UUID, *, limit: int = 50) -> Sequence[AuditEntry]:
    """The newest entries about a thing."""
    query = select(AuditEntry).where(AuditEntry.subject_id == subject).order_by(AuditEntry.id.desc()).limit(limit)
    return session.scalars(query).all()


def _code(name: str, value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        found = [_code(name, each) for each in value]
        return sorted(found, key=str) if isinstance(value, set | frozenset) else found
    if isinstance(value, Mapping):
        return {str(_code(name, key)): _code(name, each) for key, each in value.items()}
    text = str(value) if isinstance(value, UUID) else value
    if not isinstance(text, str) or not CODE.fullmatch(text):
        raise NotACode(f"the detail {name!r} of an audit entry holds more than ids, codes and numbers")
    return text
