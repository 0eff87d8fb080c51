"""The door to the engine for staff and platform mail: a row in the caller's transaction, sent after its commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.ids import new_id
from infra.jobs import enqueue
from infra.mail.jobs import FLAG, send_mails
from infra.mail.leases import runs
from infra.mail.models import IN_FLIGHT_STATES, outbox_of
from infra.mail.outbox_batches import cancel, pause, resume, unsettle
from infra.mail.outbox_decisions import send_again


def send(
    session: Session,
    purpose: str,
    *,
    ref: UUID,
    key: str,
    locale: str = "en",
    not_before: datetime | None = None,
    batch: UUID | None = None,
) -> bool:
    """Asks for one mail; True when it is new, False when the key was used before and nothing is added.

    `ref` is what the mail is about, by id; `key` names this mail for ever, in the tenant or in the platform.
    The session's tenant decides whose outbox it is; a control session writes the platform's. What belongs to a
    `batch` (a tenant's only) can be paused, resumed and cancelled together, also before it is asked for.
    """
    moment = clock.now()
    row: dict[str, object] = {
        "id": new_id(),
        "purpose": purpose,
        "ref_id": ref,
        "key": key,
        "locale": locale,
        "state": "queued",
        "attempts": 0,
        "created_at": moment,
        "next_attempt_at": not_before or moment,
    }
    if batch is not None:
        row["batch_id"] = batch
        unsettle(session, batch)
    model = outbox_of(session)
    statement = insert(model).values(row).on_conflict_do_nothing(index_elements=[model.key]).returning(model.id)
    if session.execute(statement).scalar_one_or_none() is None:
        return False
    if not_before is None or not_before <= moment:
        enqueue(session, send_mails, once=FLAG)
    return True


def has_due(session: Session) -> bool:
    """Whether a mail waits to be sent now, or a worker that had one seems to have died."""
    model, moment = outbox_of(session), clock.now()
    waiting = select(model.id).where(
        model.state.in_(IN_FLIGHT_STATES),
        or_(
            (model.state == "queued") & (model.next_attempt_at <= moment) & runs(model),
            (model.state != "queued") & (model.leased_until <= moment),
        ),
    )
    return session.scalar(waiting.limit(1)) is not None


def next_attempt_at(session: Session) -> datetime | None:
    """When the next mail is due, for the due index."""
    model = outbox_of(session)
    return session.scalar(select(func.min(model.next_attempt_at)).where(model.state == "queued", runs(model)))


__all__ = ["cancel", "has_due", "next_attempt_at", "pause", "resume", "send", "send_again"]
