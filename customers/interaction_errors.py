"""What can go wrong with interactions, each with a stable code."""

from infra.errors import Conflict, Forbidden, Invalid, NotFound
from infra.i18n import N_


class InteractionNotFound(NotFound):
    """No such interaction in this tenant, or it was deleted."""

    code = "interaction_not_found"
    message = N_("There is no such contact.")


class InteractionInvalid(Invalid):
    """What was given cannot be stored; `problems` by field."""

    code = "interaction_invalid"
    message = N_("Some of what was entered about the contact cannot be accepted.")


class InteractionChanged(Conflict):
    """Somebody else changed it since it was read."""

    code = "interaction_changed"
    message = N_(
        "Somebody else has changed this contact in the meantime. What you typed is kept; look at it once more."
    )


class InteractionKeyUsed(Conflict):
    """The key names a contact with another customer."""

    code = "interaction_key_used"
    message = N_("This key already names a contact with another customer.")


class InteractionWasWritten(Conflict):
    """A mail that was written here: its words are what the customer got."""

    code = "interaction_was_written"
    message = N_("These words were sent to the customer, so they stay as they are. Write again instead.")


class InteractionIsSettled(Forbidden):
    """Its writer had a day; now it is up to those who may delete."""

    code = "interaction_is_settled"
    message = N_("Whoever wrote a contact down may change it for a day. Ask an admin now.")
