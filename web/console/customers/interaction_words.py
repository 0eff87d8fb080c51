"""What channels, directions and sources are called."""

from collections.abc import Mapping

from infra.i18n import N_

CHANNELS: Mapping[str, str] = {
    "call": N_("Call"),
    "meeting": N_("Meeting"),
    "email": N_("E-mail"),
    "chat": N_("Chat"),
    "social": N_("Social network"),
    "letter": N_("Letter"),
}
DIRECTIONS: Mapping[str, str] = {"in": N_("From the customer"), "out": N_("To the customer")}
SOURCES: Mapping[str, str] = {
    "staff": N_("Logged by hand"),
    "api": N_("Logged by a program"),
    "mail": N_("Came by mail"),
}
