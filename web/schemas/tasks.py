"""What the pages about tasks take."""

from marshmallow import fields, validate

from web.schemas.customers import typed
from web.schemas.interactions import Moment, Morning, some_id
from web.schemas.jobs import DAMAGED, KeyForm
from web.schemas.surveys import NO_CHOICE, Query

STATES = ("open", "done", "cancelled")
DUE = ("", "overdue", "today", "week")


class TasksQuery(Query):
    """Whose tasks are listed, which, and from where on."""

    whose = fields.String(load_default="mine", validate=validate.Length(max=40, error=NO_CHOICE))
    state = fields.String(load_default="open", validate=validate.OneOf(STATES, error=NO_CHOICE))
    due = fields.String(load_default="", validate=validate.OneOf(DUE, error=NO_CHOICE))
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))


class TasksOfPersonQuery(Query):
    """From where on the tasks of one customer are listed, those that wait and those that are over."""

    open = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
    over = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))


class NewTaskForm(KeyForm):
    """A task to make. `verb` is "find" while somebody is looked for."""

    verb = fields.String(load_default="")
    person = some_id()
    company = some_id()
    q = fields.String(load_default="", validate=validate.Length(max=254, error=NO_CHOICE))
    what = typed()
    due = Morning(load_default=None)
    owner = some_id()


class Seen(Query):
    """Which state of the task the form was made from."""

    revision = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**62, error=DAMAGED))


class TaskForm(Seen):
    """A task as it is changed."""

    what = typed()
    due = Moment(load_default=None)
    owner = some_id()


class OwnerForm(Seen):
    """Whom it is handed on to."""

    owner = some_id()
    back = typed()


class EndForm(Seen):
    """How a task ended, and where to go from there."""

    outcome = typed()
    note = typed()
    back = typed()
