"""Asking for many mails at once: what `outbox.send` does, with one statement for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.ids import new_id
from infra.jobs import enqueue
from infra.mail.jobs import FLAG, send_mails
from infra.mail.models import Outbox
from infra.mail.outbox_batches import unsettle


@dataclass(frozen=True, slots=True)
class Asked:
    """One mail: what it is about, the key that names it for ever, its language, and when it may go out."""

    ref: UUID
    key: str
    locale: str
    not_before: datetime


def send_many(session: Session, purpose: str, mails: Sequence[Asked], *, batch_id: UUID | None = None) -> int:
    """Writes the rows of a tenant; answers how many are new. What shares a `batch_id` is stopped together."""
    if not mails:
        return 0
    moment = clock.now()
    common = {"purpose": purpose, "state": "queued", "attempts": 0, "created_at": moment, "batch_id": batch_id}
    rows = [
        {
            **common,
            "id": new_id(),
            "ref_id": mail.ref,
            "key": mail.key,
            "locale": mail.locale,
            "next_attempt_at": mail.not_before,
        }
        for mail in mails
    ]
    adding = insert(Outbox).values(rows).on_conflict_do_nothing(index_elements=[Outbox.key]).returning(Outbox.id)
    made = session.scalars(adding).all()
    if batch_id is not None:
        unsettle(session, batch_id)
    if any(mail.not_before <= moment for mail in mails):
        enqueue(session, send_mails, once=FLAG)
    return len(made)
