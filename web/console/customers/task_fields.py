"""What forms about tasks share: whom a task can be left to, and what is wrong beside the forms' own fields."""

from collections.abc import Iterator
from contextlib import contextmanager

from customers import tasks
from customers.task_errors import TaskInvalid
from web import tenancy

NAMES = {"owner_id": "owner", "due_at": "due", "person_id": "q"}


@contextmanager
def under_fields() -> Iterator[None]:
    """Raises TaskInvalid from inside under the forms' names."""
    try:
        yield
    except TaskInvalid as refusal:
        found = {NAMES.get(name, name): sentences for name, sentences in refusal.problems.items()}
        raise TaskInvalid(problems=found) from refusal


def owner_choices() -> list[tuple[str, str]]:
    """Colleagues who may work on tasks, for a field."""
    return [(str(member.id), member.name) for member in tasks.workers(tenancy.session())]
