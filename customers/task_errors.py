"""What can go wrong with tasks, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_


class TaskNotFound(NotFound):
    """No such task in this tenant."""

    code = "task_not_found"
    message = N_("There is no such task.")


class TaskInvalid(Invalid):
    """What was given cannot be stored; `problems` by field."""

    code = "task_invalid"
    message = N_("Some of what was entered about the task cannot be accepted.")


class TaskChanged(Conflict):
    """Somebody else changed it since it was read."""

    code = "task_changed"
    message = N_(
        "Somebody else has changed this task in the meantime. What you typed is kept; look at it once more."
    )


class TaskKeyUsed(Conflict):
    """The key names a task about another customer."""

    code = "task_key_used"
    message = N_("This key already names a task about another customer.")


class TaskIsOver(Conflict):
    """It is done or cancelled; it can be opened again."""

    code = "task_is_over"
    message = N_("This task is over. Open it again first.")
