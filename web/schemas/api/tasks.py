"""Tasks as programs send and get them."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from customers import tasks
from customers.models.tasks import OUTCOMES, SOURCES, STATES
from web.schemas.api.base import Answer, Body, Cursors, identifier, line, moment, one_of, page_of
from web.schemas.api.customers import NOTHING_TO_CHANGE
from web.schemas.api.interactions import LONGEST_KEY, words


class NewTask(Body):
    """Something to do, about a person or a company."""

    what = words("What is to be done.", tasks.LONGEST_WHAT, shortest=1, required=True)
    due_at = moment("Until when; its owner gets a mail then.", required=True)
    owner_id = identifier("Who is to do it; the workspace's owner, when left out.", load_default=None)
    person_id = identifier("The customer.", load_default=None)
    company_id = identifier("The company, where it is about no single customer.", load_default=None)
    key = line("Your id of it: the same id is the same task for ever.", LONGEST_KEY)


class TaskChange(Body):
    """What to change; what is left out stays."""

    what = words("What is to be done.", tasks.LONGEST_WHAT, shortest=1)
    due_at = moment("Until when.")
    owner_id = identifier("Who is to do it.")

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class TaskEnd(Body):
    """How it ended."""

    outcome = one_of("How it ended.", *OUTCOMES, required=True)
    note = words("In words.", tasks.LONGEST_NOTE, load_default="")


class TaskQuery(Cursors):
    """Which tasks to list."""

    state = one_of("Only in this state; open ones come by what is due first.", *STATES)
    owner_id = identifier("Only of this colleague.")
    person_id = identifier("Only about this customer.")


class Task(Answer):
    """Something to do."""

    id = identifier("Its id.", required=True)
    person_id = identifier("The customer.", required=True, allow_none=True)
    company_id = identifier("The company.", required=True, allow_none=True)
    what = fields.String(required=True, metadata={"description": "What is to be done."})
    owner_id = identifier("Who is to do it.", required=True)
    due_at = moment("Until when.", required=True)
    source = one_of("Who or what made it.", *SOURCES, required=True)
    source_ref = identifier("What it follows from.", required=True, allow_none=True)
    state = one_of("Whether it waits.", *STATES, required=True)
    outcome = one_of("How it ended.", *OUTCOMES, required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True, metadata={"description": "How it ended, in words."})
    first_contact_at = moment("The first contact with the customer since.", required=True, allow_none=True)
    created_at = moment("When it was made.", required=True)
    updated_at = moment("When it was changed last.", required=True)
    ended_at = moment("When it was over.", required=True, allow_none=True)


TaskPage = page_of(Task, "TaskPage")
