"""The step from a check to the import itself: new attributes are declared, and the long work begins."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import attributes as declared
from customers.attributes import list_attributes
from customers.errors import AttributeInvalid
from customers.imports import columns
from customers.imports.errors import ImportUnderWay, MappingInvalid
from customers.imports.work import run
from customers.models import Attribute, Import
from infra import clock, long_jobs
from infra.i18n import current_locale
from infra.ids import new_id
from infra.long_jobs import LongJob
from tenants import audit
from tenants.permissions import Actor


def job_of(session: Session, imported: Import) -> LongJob | None:
    """The long work that was begun last; None when there is none, or none any more."""
    return session.get(LongJob, imported.job_id) if imported.job_id else None


def jobs_of(session: Session, imports: Iterable[Import]) -> dict[UUID, LongJob]:
    """The same for many at once, by the id of the import."""
    of = {each.job_id: each.id for each in imports if each.job_id}
    return {of[job.id]: job for job in session.scalars(select(LongJob).where(LongJob.id.in_(of)))} if of else {}


def start(session: Session, imported: Import, *, by: Actor) -> LongJob:
    """Imports what was checked; again after it was cancelled or failed, from where it was. Twice does it once.

    Raises ImportUnderWay, and MappingInvalid when a new attribute cannot be declared.
    """
    held = locked(session, imported.id)
    before = job_of(session, held)
    if (
        held.state in ("importing", "done")
        and before is not None
        and (before.is_unfinished or held.state == "done")
    ):
        return before
    if held.state not in ("checked", "importing") or held.file_key is None:
        raise ImportUnderWay()
    if held.state == "checked":
        held.mapping = _declare(session, held, by)
        held.state, held.counts, held.begun_at, held.position = "importing", {}, clock.now(), 0
        audit.record(session, "import.started", by=by, subject=held.id, rows=held.rows, policy=held.policy)
    work = long_jobs.start(
        session, run, by=by, key=new_id().hex, subject=held.id, total=held.rows, locale=current_locale()
    )
    held.job_id = work.id
    return work


def locked(session: Session, import_id: UUID) -> Import:
    """The import, held until the transaction ends."""
    return session.get_one(Import, import_id, with_for_update=True, populate_existing=True)


def _declare(session: Session, held: Import, by: Actor) -> list[str]:
    """The mapping with the new attributes declared under the headings of their columns."""
    mapping, problems, made = list(held.mapping), dict[str, list[str]](), list[str]()
    taken = {each.code: each for each in list_attributes(session, "person")}
    for at, meaning in enumerate(mapping):
        if not meaning.startswith(columns.NEW):
            continue
        try:
            new = _declared(session, held.headers[at] or f"Column {at + 1}", meaning, taken, by)
        except AttributeInvalid as invalid:
            problems[f"column_{at}"] = next(iter(invalid.problems.values()))
            continue
        taken[new.code] = new
        mapping[at] = columns.ATTRIBUTE + new.code
        made.append(new.code)
    if problems:
        raise MappingInvalid(problems=problems)
    held.made = {**held.made, "attributes": made}
    return mapping


def _declared(session: Session, label: str, meaning: str, taken: Mapping[str, Attribute], by: Actor) -> Attribute:
    wanted = declared.code_from(label) or "column"
    if wanted in declared.RESERVED:
        wanted = f"own_{wanted}"[:40]
    archived = {each.code for each in list_attributes(session, "person", archived=True)}
    codes = (wanted, *(f"{wanted[:36]}_{number}" for number in range(2, 300)))
    code = next(each for each in codes if each not in taken and each not in archived)
    kind = meaning.removeprefix(columns.NEW)
    return declared.declare(session, by=by, subject="person", label=label[:80], type=kind, code=code)
