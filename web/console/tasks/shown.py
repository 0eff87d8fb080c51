"""A task as pages show it, with the names of what it holds as ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from customers import companies, names, people
from customers.models import Task
from customers.revisions import revision_of
from infra import clock
from infra.i18n import current_zone, gettext
from tenants import staff
from web import tenancy


@dataclass(frozen=True, slots=True)
class Shown:
    """One task. `late` is "overdue" or "today" for an open one that is."""

    row: Task
    about: str
    person_id: UUID | None
    owner: str
    late: str

    @property
    def revision(self) -> int:
        """The state that is shown, for the forms beside it."""
        return revision_of(self.row)


def shown(rows: Sequence[Task]) -> list[Shown]:
    """The tasks with their people, companies and owners: one question for each sort, however many there are."""
    session = tenancy.session()
    canonical = people.canonical_ids(session, {row.person_id for row in rows if row.person_id})
    called = names.person_names(session, set(canonical.values()))
    firms = companies.names_of(session, [row.company_id for row in rows if row.company_id])
    owners = {owner: staff.name_of(session, owner) or "" for owner in {row.owner_id for row in rows}}
    found = []
    for row in rows:
        person = canonical.get(row.person_id) if row.person_id else None
        about = _about(row, called.get(person, "") if person else "", firms)
        found.append(Shown(row, about, person, owners[row.owner_id], late(row)))
    return found


def late(task: Task) -> str:
    """Whether an open task is overdue, or due today, in the zone of the one who looks."""
    if task.state != "open":
        return ""
    if task.due_at < today():
        return "overdue"
    return "today" if task.due_at < today() + timedelta(days=1) else ""


def today() -> datetime:
    """When this day began where the one who looks is."""
    zone = current_zone()
    return datetime.combine(clock.now().astimezone(zone).date(), time(), zone)


def days(number: int) -> datetime:
    """The beginning of the day so many days on."""
    zone = current_zone()
    return datetime.combine(today().astimezone(zone).date() + timedelta(days=number), time(), zone)


def _about(row: Task, person: str, firms: dict[UUID, str]) -> str:
    if row.person_id is not None:
        return person or gettext("Customer without a name")
    return firms.get(row.company_id, "") if row.company_id else ""
