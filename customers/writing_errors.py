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
    """Under this key something else was sent: whoever wrote this has to say that it is another message."""

    code = "message_key_used"
    message = N_(
        "This form has sent a message before, and what stands here now was not sent. Press “Send message” if it"
        " should go out as another message."
    )
