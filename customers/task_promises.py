"""What the end of a task tells a customer: nobody who asked to be deleted is told so while they are here."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import ErasureRequest, Task
from customers.task_errors import TaskInvalid
from infra.i18n import N_

REFUSALS = ("no_need", "other")
"""How a task ends whose request is refused. The customer reads the note in "My data"."""
NOT_DELETED = N_(
    "The customer asked to be deleted and is still here. Deleting them ends the task. To refuse the request, write"
    " the reason in the note and choose “No need any more” or “Something else”: the customer can read both."
)
NO_REASON = N_("Write why the request is refused; the customer can read it.")


def check(session: Session, task: Task, outcome: str, note: str | None) -> None:
    """Raises TaskInvalid for an end that would tell the customer what is not so, or refuse without a reason."""
    asked = select(ErasureRequest.id).where(ErasureRequest.task_id == task.id, ErasureRequest.state == "open")
    if task.source != "person" or session.scalar(asked) is None:
        return
    if outcome not in REFUSALS:
        raise TaskInvalid(problems={"outcome": [NOT_DELETED]})
    if not note:
        raise TaskInvalid(problems={"note": [NO_REASON]})
