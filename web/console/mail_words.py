"""What reports about our mail mean, in a few words."""

from infra.i18n import N_
from infra.mail.bounces import Kind

KINDS: dict[Kind, str] = {
    "hard": N_("Address does not take mail"),
    "soft": N_("Not now, or not this mail"),
    "complaint": N_("Reported as spam"),
    "reply": N_("Automatic reply"),
    "delivered": N_("Arrived"),
    "unknown": N_("Cannot be read"),
}
