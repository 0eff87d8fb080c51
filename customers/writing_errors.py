"""What can go wrong with messages that somebody writes, each with a stable code."""

from infra.errors import Invalid, NotFound
from infra.i18n import N_


class MessageInvalid(Invalid):
    """What was written cannot be sent as it is; `problems` by field."""

    code = "message_invalid"
    message = N_("The message cannot be sent as it is.")


class MessageNotFound(NotFound):
    """No message of this id that somebody wrote to one customer."""

    code = "message_not_found"
    message = N_("There is no such message.")
