"""What a person does with long work: begin it, cancel it, have it tried again."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import NotFound
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.jobs.sending import enqueue
from infra.long_jobs.kinds import Kind, long_job_kind
from infra.long_jobs.models import LongJob
from infra.long_jobs.running import run


class Starter(Protocol):
    """Whoever acts, by id; the product itself has none."""

    @property
    def id(self) -> UUID | None: ...


def start(
    session: Session,
    kind: Kind,
    *,
    by: Starter,
    key: str | None = None,
    subject: UUID | None = None,
    total: int | None = None,
    filename: str | None = None,
    **ids: object,
) -> LongJob:
    """Records the work and sends its job after the commit.

    The same `key` of the same starter gives the work that was begun with it: a second click begins nothing. `total`
    is in the unit the work advances in, `filename` what its result will be called. `ids` (ids, codes, numbers) are
    handed to the work as `work.ids`.
    """
    row = {
        "id": new_id(),
        "job": spec_of(run).name,
        "kind": kind.name,
        "key": key and f"{kind.name}:{by.id}:{key}",
        "arguments": {name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()},
        "subject_id": subject,
        "total": total,
        "filename": filename,
        "created_by": by.id,
    }
    adding = insert(LongJob).values(**row)
    made = session.scalar(adding.on_conflict_do_nothing().returning(LongJob.id))
    if made is None:
        return session.scalars(select(LongJob).where(LongJob.key == row["key"])).one()
    enqueue(session, run, long_job=made)
    work = session.get_one(LongJob, made)
    work.is_new = True
    return work


def get_long_job(session: Session, job_id: UUID) -> LongJob:
    """Raises NotFound."""
    work = session.get(LongJob, job_id)
    if work is None:
        raise NotFound()
    return work


def cancel(session: Session, job_id: UUID) -> LongJob:
    """Asks for the work to stop at its next step; what has not begun is cancelled at once. Safe to repeat."""
    work = _locked(session, job_id)
    if work.state == "waiting":
        work.state, work.ended_at = "cancelled", clock.now()
    elif work.state == "running" and work.cancel_asked_at is None:
        work.cancel_asked_at = clock.now()
    return work


def start_again(session: Session, job_id: UUID, *, by: Starter) -> LongJob:
    """Begins failed or cancelled work anew, as new work of whoever acts; twice gives the same. Raises NotFound."""
    work = get_long_job(session, job_id)
    kind = long_job_kind(work.kind or "")
    if work.is_unfinished or work.state == "done" or kind is None:
        return work
    again: dict[str, Any] = {"subject": work.subject_id, "total": work.total, "filename": work.filename}
    return start(session, kind, by=by, key=f"again-{work.id}", **again, **work.arguments)


def _locked(session: Session, job_id: UUID) -> LongJob:
    work = session.get(LongJob, job_id, with_for_update=True)
    if work is None:
        raise NotFound()
    return work
