"""What can go wrong with messages that somebody writes, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_


class MessageInvalid(Invalid):
    """What was written cannot be sent as it is; `problems` by field."""

    code = "message_invalid"
    message = N_("The message cannot be sent as it is.")


class MessageNotFound(NotFound):
    """No message of this id that somebody wrote to one customer."""

    code = "message_not_found"
    message = N_("There is no such message.")


class MessageKeyUsed(Conflict):
    """The key names a message to another customer."""

    code = "message_key_used"
    message = N_("This key already names a message to another customer.")
