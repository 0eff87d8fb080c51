"""Asking to be erased (GDPR Art. 17): one open request, a task for the staff, an event, a mail; it can be undone.

The erasure itself is a decision and deed of the staff, because duties to keep may stand against it. It is done when
the person was erased, which ends the task; ending the task with a reason refuses it.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import contact, mailboxes, people, task_promises, tasks
from customers.events import ErasureRequested, ErasureWithdrawn
from customers.models import ErasureRequest, Person, Task
from customers.portal.errors import ErasureNotOpen
from customers.portal.letters import ERASURE_LETTER
from customers.portal.sessions import actor_of
from infra import clock
from infra.events import RecordedEvent, record
from infra.i18n import N_, gettext, use
from infra.ids import new_id
from tenants import audit, branding, staff
from tenants.permissions import SYSTEM

ANSWERED_WITHIN = timedelta(days=30)
"""A month, GDPR Art. 12(3); counted so that no month is too short."""
WHAT = N_("Decide about a request to delete a customer's data")


def request(session: Session, person: Person) -> ErasureRequest:
    """The open request of a person; a new one makes task, event and mail. Of two at once one is made."""
    before = find_open(session, person)
    if before is not None:
        return before
    asked, moment = new_id(), clock.now()
    row = {"id": asked, "person_id": person.id, "state": "open", "asked_at": moment}
    adding = insert(ErasureRequest).values(**row, due_at=moment + ANSWERED_WITHIN).on_conflict_do_nothing()
    if session.scalar(adding.returning(ErasureRequest.id)) is None:
        found = find_open(session, person)
        return found if found is not None else request(session, person)
    made = session.get_one(ErasureRequest, asked)
    made.task_id = _task(session, made).id
    record(session, ErasureRequested(subject=person.id, request=asked))
    audit.record(session, "portal.erasure_asked", by=actor_of(person), subject=person.id)
    contact.request(session, person.id, "service", ref=asked, key=f"erasure:{asked}", letter=ERASURE_LETTER)
    return made


def withdraw(session: Session, person: Person) -> ErasureRequest:
    """Takes the open request back and cancels its task. Raises ErasureNotOpen."""
    found = find_open(session, person, hold=True)
    if found is None:
        raise ErasureNotOpen()
    found.state, found.settled_at = "withdrawn", clock.now()
    session.flush()
    task = session.get(Task, found.task_id) if found.task_id else None
    if task is not None and task.state == "open":
        tasks.cancel(session, task, by=actor_of(person))
    record(session, ErasureWithdrawn(subject=person.id, request=found.id))
    audit.record(session, "portal.erasure_withdrawn", by=actor_of(person), subject=person.id)
    return found


def find_open(session: Session, person: Person, *, hold: bool = False) -> ErasureRequest | None:
    """The request that waits for an answer, also of somebody merged into the person."""
    query = _of(session, person).where(ErasureRequest.state == "open")
    query = query.with_for_update() if hold else query
    return session.scalars(query.execution_options(populate_existing=True).limit(1)).first()


def latest(session: Session, person: Person) -> ErasureRequest | None:
    """The newest request, whatever became of it."""
    return session.scalars(_of(session, person).limit(1)).first()


def settle(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The reaction to ended tasks: a reason not to do it refuses the request; only the erasure makes it done."""
    ended = [event.subject for event in events]
    rows = select(ErasureRequest, Task).join(Task, Task.id == ErasureRequest.task_id)
    waiting = rows.where(Task.id.in_(ended), ErasureRequest.state == "open", Task.state != "open")
    for asked, task in session.execute(waiting.with_for_update(of=ErasureRequest)):
        if task.state == "cancelled" or task.outcome in task_promises.REFUSALS:
            asked.state, asked.settled_at, asked.settled_by = "refused", clock.now(), task.ended_by
    session.flush()


def on_person_erased(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The reaction to erasures: what was asked for is done, also where somebody asked who was merged into them."""
    subjects = {event.subject for event in events}
    gone = subjects | mailboxes.merged_into(session, subjects).keys()
    waiting = update(ErasureRequest).where(ErasureRequest.person_id.in_(gone), ErasureRequest.state == "open")
    done = waiting.values(state="done", settled_at=clock.now()).returning(ErasureRequest.task_id)
    ending = [each for each in session.scalars(done) if each is not None]
    for task in session.scalars(select(Task).where(Task.id.in_(ending), Task.state == "open").order_by(Task.id)):
        tasks.finish(session, task, by=SYSTEM, outcome="solved")


def _of(session: Session, person: Person) -> Select[ErasureRequest]:
    ids = people.ids_of(session, person.id)
    return select(ErasureRequest).where(ErasureRequest.person_id.in_(ids)).order_by(ErasureRequest.id.desc())


def _task(session: Session, asked: ErasureRequest) -> Task:
    """In the workspace's language, for its owner, who may hand it on."""
    owner = staff.owner_of(session)
    with use(branding.get_settings(session).default_locale):
        what = gettext(WHAT)
    return tasks.add(
        session,
        what=what,
        due_at=asked.due_at,
        by=actor_of(session.get_one(Person, asked.person_id)),
        owner_id=owner.id if owner else None,
        person_id=asked.person_id,
        source="person",
        source_ref=asked.id,
        key=f"erasure:{asked.id}",
    )
