"""Files of respondents that go: with their survey, or because no answer names them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, delete, select, text, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.jobs import enqueue
from infra.jobs.declared import job, spec_of
from infra.services import Services
from infra.storage import tenant_key
from surveys.files import key_of
from surveys.models import Response, ResponseFile

FLAG = "response_files_old"
AT_ONCE = 100
LOOSE = timedelta(days=9)
"""How long a file waits for its answer; a page is good for seven days."""
SETTLED = timedelta(days=40)
"""After which no correction can leave a file out any more: the longest time for one is thirty days."""


def forget(session: Session, survey_id: UUID) -> None:
    """Files of a survey that is deleted go after it; the sweeper finds them should the job be lost."""
    theirs = update(ResponseFile).where(ResponseFile.survey_id == survey_id).values(kept=False)
    if session.scalars(theirs.returning(ResponseFile.id)).first() is not None:
        enqueue(session, forget_files, survey=survey_id)


@job(queue="bulk", scope="services")
def forget_files(services: Services, tenant: TenantRef, survey: UUID) -> None:
    """Deletes everything that was sent to a survey. Safe to repeat."""
    services.storage.delete_below(tenant_key(tenant, "answers", survey.hex))
    with services.db.tenant_session(tenant) as session:
        session.execute(delete(ResponseFile).where(ResponseFile.survey_id == survey))


def has_old(session: Session) -> bool:
    """Whether a file has waited too long for its answer, for the sweeper.

    Answers are looked at first: a schema that is dropped meanwhile locks older tables before newer ones.
    """
    session.scalar(select(Response.id).limit(1))
    return session.scalar(_old().limit(1)) is not None


@job(queue="bulk", scope="services")
def forget_loose(services: Services, tenant: TenantRef) -> None:
    """Deletes files that no answer names, the row last; what is named after all that time is kept for good."""
    with services.db.tenant_session(tenant) as session:
        rows = session.execute(_old().limit(AT_ONCE)).all()
        named = {row.id for row in rows if row.is_named}
        kept = text("UPDATE response_files SET kept = true WHERE id = ANY(:ids)")
        session.execute(kept, {"ids": list(named)})
    for row in rows:
        if row.id not in named:
            services.storage.delete(key_of(tenant, row.survey_id, row.id))
            with services.db.tenant_session(tenant) as session:
                session.execute(delete(ResponseFile).where(ResponseFile.id == row.id))
    if len(rows) == AT_ONCE:
        services.queues.send_once(spec_of(forget_loose), tenant.id, FLAG)


def _old() -> Select[*tuple[Any, ...]]:
    """Files that no answer names after LOOSE, and those that one names after SETTLED."""
    today = clock.now().date()
    row = ResponseFile
    is_named = (
        select(Response.id)
        .where(Response.submission_key == row.submission_key, Response.texts.cast(Text).contains(row.id.cast(Text)))
        .exists()
    )
    return select(row.id, row.survey_id, is_named.label("is_named")).where(
        ~row.kept, row.stored_on < today - LOOSE, ~is_named | (row.stored_on < today - SETTLED)
    )
