"""What codes mean to the customer whom they are about: spoken to them, not about them."""

from customers.purposes import PURPOSES
from infra.i18n import N_

SOURCES = {
    "staff": N_("Written down by our staff"),
    "import": N_("Came with a file"),
    "api": N_("Came from another program of ours"),
    "portal": N_("You told us on these pages"),
    "mail": N_("Came by mail"),
    "survey": N_("Came from a survey"),
}
PURPOSE_WORDS = {purpose.code: purpose.name for purpose in PURPOSES.values()}
CONSENT_STATES = {
    "given": N_("Agreed"),
    "withdrawn": N_("Does not want it"),
    "pending": N_("Waits for confirmation"),
}
PROOFS = {
    "form": N_("You told us in a form"),
    "link": N_("You told us on these pages"),
    "mail": N_("You pressed the link in a mail"),
    "staff": N_("Written down by our staff"),
    "import": N_("Came with a file"),
    "api": N_("Came from another program of ours"),
}
MESSAGE_STATES = {
    "requested": N_("Sent or on its way"),
    "refused": N_("Not sent"),
    "cancelled": N_("Cancelled"),
}
INTERACTIONS = {
    "call": N_("Call"),
    "meeting": N_("Meeting"),
    "email": N_("E-mail"),
    "chat": N_("Chat"),
    "social": N_("Social network"),
    "letter": N_("Letter"),
}
DIRECTIONS = {"in": N_("From you"), "out": N_("To you")}
TASK_STATES = {"open": N_("Open"), "done": N_("Done"), "cancelled": N_("Cancelled")}
OUTCOMES = {
    "reached": N_("Reached"),
    "solved": N_("Solved"),
    "not_reached": N_("Not reached"),
    "no_need": N_("No need any more"),
    "other": N_("Something else"),
}
