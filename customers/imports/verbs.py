"""What a page does with an import: begin it with a file, say what its columns are, start it, take it back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import attributes as declared
from customers.attributes import list_attributes
from customers.errors import AttributeInvalid
from customers.imports import columns, seams
from customers.imports.errors import ImportNotFound, ImportUnderWay, MappingInvalid, UndoOver
from customers.imports.undo import take_back
from customers.imports.work import check, run
from customers.models import Attribute, Import
from infra import clock, long_jobs
from infra.i18n import N_, current_locale
from infra.ids import new_id
from infra.long_jobs import LongJob
from infra.storage import StorageKey
from tenants import audit
from tenants.permissions import Actor

UNDO_FOR = timedelta(days=30)
SHOWN = 50
TWICE = N_("Two columns have the same meaning.")
UNKNOWN = N_("Choose one of the entries of the list.")
NOBODY = N_("Choose at least the column of the name, the e-mail address, the phone number or the external id.")
NOT_YOURS = N_("Your role does not let you declare attributes. Ask an administrator, or leave the column out.")
CHANGEABLE = ("uploaded", "checking", "checked")


def begin(
    session: Session, key: StorageKey, form: Mapping[str, Any], headings: Sequence[str], *, filename: str, by: Actor
) -> Import:
    """A new import of a stored file. Its columns mean what they meant the last time, or what they probably are."""
    name = "".join(each for each in filename if each.isprintable()).strip()[:200] or "import"
    mark, attributes = columns.signature(headings), list_attributes(session, "person")
    earlier = session.scalar(
        select(Import.mapping)
        .where(Import.signature == mark, Import.state != "uploaded")
        .order_by(Import.id.desc())
        .limit(1)
    )
    mapping = columns.remembered(earlier, headings, attributes) if earlier else columns.guess(headings, attributes)
    made = Import(
        id=new_id(),
        filename=name,
        file_key=key,
        format=dict(form),
        headers=list(headings),
        signature=mark,
        mapping=mapping,
        created_by=by.id,
    )
    session.add(made)
    session.flush()
    audit.record(session, "import.begun", by=by, subject=made.id)
    return made


def get(session: Session, import_id: UUID) -> Import:
    """Raises ImportNotFound."""
    found = session.get(Import, import_id)
    if found is None:
        raise ImportNotFound()
    return found


def list_imports(session: Session) -> Sequence[Import]:
    """The last ones, newest first."""
    return session.scalars(select(Import).order_by(Import.id.desc()).limit(SHOWN)).all()


def job_of(session: Session, imported: Import) -> LongJob | None:
    """The long work that was begun last; None when there is none, or none any more."""
    return session.get(LongJob, imported.job_id) if imported.job_id else None


def choose(session: Session, imported: Import, mapping: Sequence[str], *, policy: str, by: Actor) -> LongJob:
    """Says what the columns are and what happens to those who are there already, and begins the check.

    Raises MappingInvalid, ImportUnderWay.
    """
    held = _held(session, imported.id)
    if held.state not in CHANGEABLE or held.file_key is None:
        raise ImportUnderWay()
    _fit(session, held, mapping, policy, by)
    held.mapping, held.policy, held.state = list(mapping), policy, "checking"
    held.counts, held.wrong, held.rows = {}, [], None
    work = long_jobs.start(session, check, by=by, key=new_id().hex, subject=held.id)
    held.job_id = work.id
    return work


def start(session: Session, imported: Import, *, by: Actor) -> LongJob:
    """Imports what was checked; again after it was cancelled or failed, from where it was. Twice does it once.

    Raises ImportUnderWay, and MappingInvalid when a new attribute cannot be declared.
    """
    held = _held(session, imported.id)
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


def may_undo(imported: Import) -> bool:
    """Whether it can be taken back at all, not asking whether it is being worked at."""
    begun = imported.begun_at
    return imported.state in ("importing", "done", "undoing") and bool(begun and begun > clock.now() - UNDO_FOR)


def undo(session: Session, imported: Import, *, by: Actor) -> LongJob:
    """Takes the whole import back: who was added goes, who was changed becomes as before, unless somebody changed
    them since. Twice does it once. Raises ImportUnderWay, UndoOver.
    """
    held = _held(session, imported.id)
    before = job_of(session, held)
    if (
        before is not None
        and held.state in ("undoing", "undone")
        and (before.is_unfinished or held.state == "undone")
    ):
        return before
    if held.state not in ("importing", "done", "undoing") or (before is not None and before.is_unfinished):
        raise ImportUnderWay()
    if not may_undo(held):
        raise UndoOver()
    if held.state != "undoing":
        held.state, held.left = "undoing", []
        audit.record(session, "import.undone", by=by, subject=held.id)
    total = sum(int(held.counts.get(each, 0)) for each in ("added", "updated"))
    work = long_jobs.start(session, take_back, by=by, key=new_id().hex, subject=held.id, total=total)
    held.job_id = work.id
    return work


def meanings(session: Session, *, by: Actor) -> list[tuple[str, str]]:
    """Everything that a column may mean, with its label: fields, attributes, what others bring, new attributes."""
    known = [(columns.ATTRIBUTE + each.code, each.label) for each in list_attributes(session, "person")]
    brought = [(columns.EXTRA + code, extra.label) for code, extra in seams.extras().items()]
    fresh = [(columns.NEW + kind, label) for kind, label in columns.NEW_TYPES.items()]
    return [*columns.FIELDS.items(), *known, *brought, *(fresh if by.may("attributes.edit") else [])]


def _fit(session: Session, held: Import, mapping: Sequence[str], policy: str, by: Actor) -> None:
    problems: dict[str, list[str]] = {}
    known = dict(meanings(session, by=by))
    seen: set[str] = set()
    for at, meaning in enumerate(mapping):
        if meaning.startswith(columns.NEW) and not by.may("attributes.edit"):
            problems[f"column_{at}"] = [NOT_YOURS]
        elif meaning and meaning not in known:
            problems[f"column_{at}"] = [UNKNOWN]
        elif meaning in seen and not meaning.startswith(columns.NEW):
            problems[f"column_{at}"] = [TWICE]
        elif meaning:
            seen.add(meaning)
    if len(mapping) != len(held.headers) or policy not in ("update", "skip"):
        problems[""] = [UNKNOWN]
    elif not problems and not seen & {"name", "first_name", "last_name", "email", "phone", "external_id"}:
        problems[""] = [NOBODY]
    if problems:
        raise MappingInvalid(problems=problems)


def _declare(session: Session, held: Import, by: Actor) -> list[str]:
    """The mapping with the new attributes declared under the headings of their columns."""
    mapping, problems = list(held.mapping), dict[str, list[str]]()
    taken = {each.code: each for each in list_attributes(session, "person")}
    for at, meaning in enumerate(mapping):
        if not meaning.startswith(columns.NEW):
            continue
        try:
            made = _declared(session, held.headers[at] or f"Column {at + 1}", meaning, taken, by)
        except AttributeInvalid as invalid:
            problems[f"column_{at}"] = next(iter(invalid.problems.values()))
            continue
        taken[made.code] = made
        mapping[at] = columns.ATTRIBUTE + made.code
    if problems:
        raise MappingInvalid(problems=problems)
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


def _held(session: Session, import_id: UUID) -> Import:
    return session.get_one(Import, import_id, with_for_update=True, populate_existing=True)
