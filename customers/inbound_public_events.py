"""What programs outside may hear of mail that came in. Ids and codes only: its words are asked from the API."""

from customers.inbound_events import InboundMailDecided, InboundMailWaiting
from customers.public_events import PERSON_ID
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

MAIL_ID = "0192f0c2-8b5f-7d4c-8e1b-4a2d6c9f3c12"

_of_mail = telling(Field("mail_id", "id", SUBJECT, "The mail.", MAIL_ID))

EVENTS = (
    _of_mail(
        "mail.awaiting_decision",
        InboundMailWaiting,
        N_("A mail came in that waits for somebody to say whose it is."),
        Field(
            "state",
            "code",
            "state",
            "`unassigned`: of nobody known; `quarantined`: its domain disowns it; `failed`: not readable.",
            "unassigned",
        ),
    ),
    _of_mail(
        "mail.decided",
        InboundMailDecided,
        N_("A mail that waited was given to a customer or set aside."),
        Field("state", "code", "state", "`logged` or `set_aside`.", "logged"),
        Field("person_id", "id or null", "person", "Whose it is; null where it was set aside.", PERSON_ID),
    ),
)
