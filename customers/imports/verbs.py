"""What a page does with an import: begin it with a file, say what its columns are, start it, take it back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.attributes import list_attributes
from customers.imports import columns, seams
from customers.imports.checking import check
from customers.imports.errors import ImportNotFound, ImportUnderWay, MappingInvalid, UndoOver
from customers.imports.starting import job_of, jobs_of, locked, start
from customers.imports.undo import count_rows, take_back
from customers.models import Import
from infra import clock, long_jobs
from infra.i18n import N_
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
NO_MAPPING = N_("No mapping is remembered under this name.")
NO_COLUMN = N_("The file has no column of this name.")
LONGEST_MAPPING_NAME = 80
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


def list_imports(session: Session, *, after: UUID | None = None, limit: int = SHOWN) -> Sequence[Import]:
    """Newest first, from behind `after` on."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    return session.scalars(query if after is None else query.where(Import.id < after)).all()


def choose(
    session: Session,
    imported: Import,
    mapping: Sequence[str],
    *,
    policy: str,
    by: Actor,
    options: Mapping[str, Any] | None = None,
    remember_as: str = "",
    then_run: bool = False,
) -> LongJob:
    """Says what the columns are and what happens to those who are there already, and begins the check.

    `options` is what columns that others bring need to know, such as `{"consent": {"origin": …}}`. With
    `remember_as` later files can be read by the same mapping (`named`); with `then_run` the import follows the
    check. Raises MappingInvalid, ImportUnderWay.
    """
    held = locked(session, imported.id)
    if held.state not in CHANGEABLE or held.file_key is None:
        raise ImportUnderWay()
    _fit(session, held, mapping, policy, by)
    brought = [each.removeprefix(columns.EXTRA) for each in mapping if each.startswith(columns.EXTRA)]
    kept = {
        name: value
        for each in seams.extras().values()
        for name, value in each.options(brought, options or {}).items()
    }
    held.options = {**kept, "then_run": then_run}
    held.mapping_name = remember_as.strip()[:LONGEST_MAPPING_NAME] or held.mapping_name
    held.mapping, held.policy, held.state = list(mapping), policy, "checking"
    held.counts, held.wrong, held.rows = {}, [], None
    work = long_jobs.start(session, check, by=by, key=new_id().hex, subject=held.id)
    held.job_id = work.id
    return work


def named(session: Session, imported: Import, name: str) -> list[str]:
    """The mapping that was remembered under a name, for the headings of another file. Raises MappingInvalid."""
    query = select(Import).where(Import.mapping_name == name).order_by(Import.id.desc()).limit(1)
    earlier = session.scalars(query).one_or_none()
    if earlier is None:
        raise MappingInvalid(problems={"remembered": [NO_MAPPING]})
    by_heading = {
        columns.plain(heading): meaning for heading, meaning in zip(earlier.headers, earlier.mapping, strict=False)
    }
    return [by_heading.get(columns.plain(heading), "") for heading in imported.headers]


def by_headings(imported: Import, wanted: Mapping[str, str]) -> list[str]:
    """A mapping that names columns by their headings; the others are left out. Raises MappingInvalid."""
    unknown = [heading for heading in wanted if heading not in imported.headers]
    if unknown:
        raise MappingInvalid(problems={f"mapping.{heading}": [NO_COLUMN] for heading in unknown})
    return [wanted.get(heading, "") for heading in imported.headers]


def may_undo(imported: Import) -> bool:
    """Whether it can be taken back at all, not asking whether it is being worked at."""
    begun = imported.begun_at
    return imported.state in ("importing", "done", "undoing") and bool(begun and begun > clock.now() - UNDO_FOR)


def undo(session: Session, imported: Import, *, by: Actor) -> LongJob:
    """Takes the whole import back: who was added goes, who was changed becomes as before, unless somebody changed
    them since. Twice does it once. Raises ImportUnderWay, UndoOver.
    """
    held = locked(session, imported.id)
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
    total = count_rows(session, held)
    work = long_jobs.start(session, take_back, by=by, key=new_id().hex, subject=held.id, total=total)
    held.job_id = work.id
    return work


def meanings(session: Session, *, by: Actor) -> list[tuple[str, str]]:
    """Everything that a column may mean, with its label: fields, attributes, what others bring, new attributes."""
    known = [(columns.ATTRIBUTE + each.code, each.label) for each in list_attributes(session, "person")]
    brought = [(columns.EXTRA + code, label) for code, label in seams.meanings(session)]
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


__all__ = [
    "begin",
    "by_headings",
    "choose",
    "get",
    "job_of",
    "jobs_of",
    "list_imports",
    "may_undo",
    "meanings",
    "named",
    "start",
    "undo",
]
