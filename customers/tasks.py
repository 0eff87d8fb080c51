"""Tasks: what somebody of us is to do for a customer. Rules and events make them as people do, once for a key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import companies, people, task_promises, words
from customers.errors import CompanyNotFound, PersonNotFound
from customers.models.tasks import OUTCOMES, Task
from customers.revisions import revision_of, touch
from customers.task_errors import TaskChanged, TaskInvalid, TaskIsOver, TaskKeyUsed, TaskNotFound
from customers.task_events import TaskAdded, TaskEnded
from customers.task_events import TaskChanged as TaskWasChanged
from customers.values import Unfit
from infra import clock
from infra.events import record
from infra.i18n import N_
from infra.ids import new_id
from tenants import audit, staff
from tenants.models import StaffMember
from tenants.permissions import Actor, of_role

LONGEST_WHAT, LONGEST_NOTE = 500, 2_000
PERMISSION = "tasks.edit"
MACHINES = ("rule", "event")
"""Sources without anybody to ask for another owner."""

NO_OWNER = N_("Choose a colleague who works here and may work on tasks.")
NO_OUTCOME = N_("Choose how it ended.")
NOBODY = N_("Choose the customer or the company it is about.")
NO_COMPANY = N_("There is no such company.")
FAR = N_("Choose a date within ten years.")
FARTHEST_DAYS = 3_660


def add(
    session: Session,
    *,
    what: str,
    due_at: datetime,
    by: Actor,
    owner_id: UUID | None = None,
    person_id: UUID | None = None,
    company_id: UUID | None = None,
    source: str = "staff",
    source_ref: UUID | None = None,
    key: str | None = None,
) -> Task:
    """A new task, or the one that was made under this key. Raises TaskInvalid, TaskKeyUsed.

    What a rule or an event makes falls to the workspace's owner where nobody is named, or the one named has left.
    """
    person_id, company_id = _about(session, person_id, company_id)
    chosen = _owner(session, owner_id, source)
    moment = clock.now()
    row: dict[str, Any] = _fit({"what": what, "due_at": due_at}) | {
        "id": new_id(),
        "person_id": person_id,
        "company_id": company_id,
        "owner_id": chosen,
        "source": source,
        "source_ref": source_ref,
        "state": "open",
        "key": key or f"task:{new_id().hex}",
        "created_at": moment,
        "updated_at": moment,
        "created_by": by.id,
    }
    new = insert(Task).values(row).on_conflict_do_nothing(index_elements=[Task.key]).returning(Task.id)
    made = session.scalar(new)
    if made is None:
        return _same(session, row)
    record(session, TaskAdded(subject=made, person=person_id, company=company_id, owner=chosen))
    return session.get_one(Task, made)


def _same(session: Session, row: Mapping[str, Any]) -> Task:
    """What was made under the key before, for who is the same by now, perhaps after a merge."""
    found = session.scalars(select(Task).where(Task.key == row["key"])).one()
    ids = [each for each in (found.person_id, row["person_id"]) if each is not None]
    if found.person_id == row["person_id"]:
        alike = found.person_id is not None or found.company_id == row["company_id"]
    else:
        alike = len(ids) == 2 and len(set(people.canonical_ids(session, ids).values())) == 1
    if not alike:
        raise TaskKeyUsed()
    return found


def get(session: Session, task_id: UUID) -> Task:
    """The task. Raises TaskNotFound."""
    found = session.get(Task, task_id)
    if found is None:
        raise TaskNotFound()
    return found


def change(
    session: Session,
    task: Task,
    *,
    by: Actor,
    revision: int | None = None,
    what: str | None = None,
    due_at: datetime | None = None,
    owner_id: UUID | None = None,
) -> Task:
    """Another text, date or owner; what is not named stays. Raises TaskChanged, TaskIsOver, TaskInvalid."""
    task = _held(session, task.id)
    _require_seen(task, revision)
    if task.state != "open":
        raise TaskIsOver()
    named = {"what": what, "due_at": due_at}
    fit = _fit({name: value for name, value in named.items() if value is not None})
    if owner_id is not None and owner_id != task.owner_id:
        fit["owner_id"] = _owner(session, owner_id, "staff")
    changed = sorted(name for name, value in fit.items() if getattr(task, name) != value)
    if not changed:
        return task
    for name in changed:
        setattr(task, name, fit[name])
    if "due_at" in changed or "owner_id" in changed:
        task.reminded_at = None
    audit.record(session, "task.changed", by=by, subject=task.id, fields=changed)
    return _told(session, task)


def finish(
    session: Session, task: Task, *, by: Actor, outcome: str, note: str = "", revision: int | None = None
) -> Task:
    """Done, with how it ended; done again it gets the new outcome. Saying the same twice does nothing.

    Raises TaskInvalid, TaskChanged, TaskIsOver.
    """
    task = _held(session, task.id)
    if outcome not in OUTCOMES:
        raise TaskInvalid(problems={"outcome": [NO_OUTCOME]})
    fit = _fit({"note": note})
    if task.state == "done" and (task.outcome, task.note or "") == (outcome, fit["note"]):
        return task
    _require_seen(task, revision)
    if task.state == "cancelled":
        raise TaskIsOver()
    task_promises.check(session, task, outcome, fit["note"])
    task.note, task.outcome = fit["note"] or None, outcome
    return _ended(session, task, "done", by)


def cancel(session: Session, task: Task, *, by: Actor, note: str = "", revision: int | None = None) -> Task:
    """Nobody has to do it any more; cancelling what is cancelled does nothing.

    Raises TaskInvalid, TaskChanged, and TaskIsOver for a done one.
    """
    task = _held(session, task.id)
    if task.state == "cancelled":
        return task
    _require_seen(task, revision)
    if task.state == "done":
        raise TaskIsOver()
    fit = _fit({"note": note})
    task_promises.check(session, task, task_promises.REFUSALS[0], fit["note"])
    task.note = fit["note"] or None
    audit.record(session, "task.cancelled", by=by, subject=task.id)
    return _ended(session, task, "cancelled", by)


def reopen(session: Session, task: Task, *, by: Actor, revision: int | None = None) -> Task:
    """It is to be done after all; an open one stays as it is. Raises TaskChanged."""
    task = _held(session, task.id)
    if task.state == "open":
        return task
    _require_seen(task, revision)
    task.owner_id = _owner(session, task.owner_id, MACHINES[0])  # whoever had it may have left
    task.state, task.outcome, task.ended_at, task.ended_by = "open", None, None, None
    audit.record(session, "task.reopened", by=by, subject=task.id)
    return _told(session, task)


def workers(session: Session) -> list[StaffMember]:
    """Everybody who may own a task, by name."""
    found = [member for member in staff.list_active(session) if PERMISSION in of_role(member.role)]
    return sorted(found, key=lambda member: member.name.casefold())


def _about(session: Session, person_id: UUID | None, company_id: UUID | None) -> tuple[UUID | None, UUID | None]:
    """The person as they are found now, and the company: the named one, else theirs."""
    try:
        if person_id is not None:
            person = people.get(session, person_id)
            return person.id, person.company_id
        if company_id is not None:
            return None, companies.get(session, company_id).id
    except PersonNotFound as gone:
        raise TaskInvalid(problems={"person_id": [gone.message]}) from gone
    except CompanyNotFound as gone:
        raise TaskInvalid(problems={"company_id": [NO_COMPANY]}) from gone
    raise TaskInvalid(problems={"person_id": [NOBODY]})


def _owner(session: Session, owner_id: UUID | None, source: str) -> UUID:
    """Who is to do it. Raises TaskInvalid where nobody can be found."""
    if owner_id is not None and _works(session, owner_id):
        return owner_id
    fallback = staff.owner_of(session) if source in MACHINES else None
    if fallback is None:
        raise TaskInvalid(problems={"owner_id": [NO_OWNER]})
    return fallback.id


def _works(session: Session, member_id: UUID) -> bool:
    """Whether they may work on tasks. They cannot leave before this is stored and then be left with it."""
    member = staff.find(session, member_id)
    if member is None:
        return False
    staff.share(session, member)
    return member.deactivated_at is None and PERMISSION in of_role(member.role)


def _fit(given: Mapping[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        try:
            if name == "due_at":
                done[name] = _date(value)
            else:
                longest = LONGEST_WHAT if name == "what" else LONGEST_NOTE
                done[name] = words.text(value, longest, required=name == "what")
        except Unfit as unfit:
            problems[name] = [unfit.sentence]
    if problems:
        raise TaskInvalid(problems=problems)
    return done


def _date(moment: datetime) -> datetime:
    if abs((moment - clock.now()).days) > FARTHEST_DAYS:
        raise Unfit(FAR)
    return moment


def _held(session: Session, task_id: UUID) -> Task:
    """The task under a lock, as it stands now."""
    get(session, task_id)
    return session.get_one(Task, task_id, with_for_update=True, populate_existing=True)


def _require_seen(task: Task, revision: int | None) -> None:
    """Whoever says which state they saw is told when it is another by now."""
    if revision is not None and revision != revision_of(task):
        raise TaskChanged()


def _ended(session: Session, task: Task, state: str, by: Actor) -> Task:
    task.state, task.ended_at, task.ended_by = state, clock.now(), by.id
    touch(task)
    session.flush()
    about = {"person": task.person_id, "company": task.company_id}
    record(session, TaskEnded(subject=task.id, state=state, outcome=task.outcome or "", **about))
    return task


def _told(session: Session, task: Task) -> Task:
    touch(task)
    session.flush()
    about = {"person": task.person_id, "company": task.company_id}
    record(session, TaskWasChanged(subject=task.id, owner=task.owner_id, **about))
    return task
