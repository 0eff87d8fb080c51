"""What can be wrong with a consent, each with a stable code."""

from infra.errors import Conflict, Invalid, TooMany
from infra.i18n import N_


class ConsentInvalid(Invalid):
    """It cannot be stored like this; `problems` by field."""

    code = "consent_invalid"
    message = N_("This consent cannot be stored like this.")


class NothingToConfirm(Conflict):
    """It was withdrawn since, or its time is over."""

    code = "nothing_to_confirm"
    message = N_("There is nothing to confirm any more. The question has expired, or the answer was changed since.")


class AskedTooOften(TooMany):
    """So many confirmations were mailed that more would be a nuisance."""

    code = "asked_too_often"
    message = N_(
        "A mail to confirm this was sent several times today. Please look into the mailbox, or try tomorrow."
    )


class TurnedOff(Conflict):
    """Who turned everything off turns something on again in person, by a link to their mailbox."""

    code = "turned_off"
    message = N_(
        "This customer turned everything off. Only they can turn something on again, on their preferences page."
    )


SAY_HOW = N_("Say how it was given: when, to whom, in which words.")
NO_TEXT = N_("Say which wording was agreed to.")
IN_FUTURE = N_("This lies in the future.")
BIRTH_YEAR = N_("We need the year of birth for this, because we ask children's guardians.")
GUARDIAN = N_("For a child, a parent or guardian agrees. Give their e-mail address.")
BAD_GUARDIAN = N_("Write the guardian's e-mail address, such as ann@example.org.")
SAME_ADDRESS = N_("Give the guardian's address, not the child's own.")
NOBODY_TO_ASK = N_(
    "This is confirmed by a mailed link, and no e-mail address is known that a mail would reach. Add one first."
)
UNREACHED_GUARDIAN = N_("Mail does not reach this address. Give another one.")
TOO_LONG = N_("This is too long.")
UNKNOWN_SOURCE = N_("Say where it comes from.")


class ContactKeyTaken(Conflict):
    """The key of a message names one to somebody else."""

    code = "contact_key_taken"
    message = N_("This key already names a message to another customer.")
