"""What programs outside may hear of contacts and tasks. Ids and codes only: the words are asked from the API."""

from customers.interaction_events import InteractionChanged, InteractionDeleted, InteractionLogged
from customers.public_events import COMPANY_ID, PERSON_ID
from customers.task_events import TaskAdded, TaskChanged, TaskEnded
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

INTERACTION_ID = "0192f0e6-2c44-7a10-b1d2-5e6f7a8b9c0d"
TASK_ID = "0192f0e7-3d55-7b21-a2c3-6f7a8b9c0d1e"
STAFF_ID = "0192f0a0-0001-7c00-8d00-000000000001"

_ABOUT = (
    Field(
        "person_id", "id or null", "person", "The customer; null where it is about a company as a whole.", PERSON_ID
    ),
    Field("company_id", "id or null", "company", "The company; null where there is none.", COMPANY_ID),
)
_of_interaction = telling(Field("interaction_id", "id", SUBJECT, "The contact.", INTERACTION_ID), *_ABOUT)
_of_task = telling(Field("task_id", "id", SUBJECT, "The task.", TASK_ID), *_ABOUT)
_OWNER = Field("owner_id", "id", "owner", "The member of staff who is to do it.", STAFF_ID)

EVENTS = (
    _of_interaction(
        "interaction.logged",
        InteractionLogged,
        N_("A contact with a customer was logged."),
        Field("channel", "code", "channel", "`call`, `meeting`, `chat`, `social`, `letter` or `email`.", "call"),
        Field("direction", "code", "direction", "`in` from the customer, `out` to them.", "in"),
    ),
    _of_interaction("interaction.changed", InteractionChanged, N_("What is written about a contact was changed.")),
    _of_interaction("interaction.deleted", InteractionDeleted, N_("A contact was deleted.")),
    _of_task("task.added", TaskAdded, N_("Somebody has a new task."), _OWNER),
    _of_task("task.changed", TaskChanged, N_("A task was changed, handed on or opened again."), _OWNER),
    _of_task(
        "task.ended",
        TaskEnded,
        N_("A task was done or cancelled."),
        Field("state", "code", "state", "`done` or `cancelled`.", "done"),
        Field("outcome", "code", "outcome", "How it ended; empty for a cancelled one.", "reached"),
    ),
)
