"""What programs outside may hear of consent, suppression and refused messages. Ids and codes only."""

from customers.consent_events import (
    AddressSuppressed,
    ConsentChanged,
    ContactRefused,
    ContactRequested,
    MailReported,
    PreferencesChanged,
    SuppressionLifted,
)
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

PERSON_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44"
CONSENT_ID = "0192f0c2-11d0-7f6e-8a55-5d0be7c9e001"
ENTRY_ID = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"

_PERSON = Field("person_id", "id", "person", "The customer.", PERSON_ID)
_of_person = telling(Field("person_id", "id", SUBJECT, "The customer.", PERSON_ID))
_of_entry = telling(Field("suppression_id", "id", SUBJECT, "The entry in the list.", ENTRY_ID))
_of_contact = telling(Field("contact_id", "id", SUBJECT, "The message.", ENTRY_ID), _PERSON)
_of_report = telling(Field("bounce_id", "id", SUBJECT, "The report.", ENTRY_ID), _PERSON)

EVENTS = (
    _of_person(
        "consent.changed",
        ConsentChanged,
        N_("A customer gave or withdrew consent, or is asked to confirm it."),
        Field("consent_id", "id", "consent", "The act with its proof.", CONSENT_ID),
        Field("purpose", "code", "purpose", "What it is for.", "news"),
        Field("channel", "code", "channel", "By which way.", "email"),
        Field("topic", "code", "topic", "Empty for the whole purpose.", ""),
        Field("state", "code", "state", "`given`, `pending` or `withdrawn`.", "given"),
    ),
    _of_person(
        "preferences.changed",
        PreferencesChanged,
        N_("A customer paused messages, wishes them less often, or ended either."),
    ),
    _of_entry(
        "suppression.added",
        AddressSuppressed,
        N_("An address was put on the list of those not written to."),
        Field("kind", "code", "reason", "Why, as a code.", "hard_bounce"),
    ),
    _of_entry(
        "suppression.lifted",
        SuppressionLifted,
        N_("An address was taken off the list of those not written to."),
        Field("kind", "code", "reason", "Why it stood there, as a code.", "manual"),
    ),
    _of_contact(
        "contact.requested",
        ContactRequested,
        N_("A message to one customer will go out. Batches are not told one by one."),
        Field("purpose", "code", "purpose", "What it is for.", "survey"),
    ),
    _of_report(
        "mail.reported",
        MailReported,
        N_("Somebody reported what became of a mail to a customer: it came back, or it was delivered."),
        Field("report", "code", "report", "`hard`, `soft`, `complaint`, `delivered` and the like.", "hard"),
    ),
    _of_contact(
        "contact.refused",
        ContactRefused,
        N_("A message to a customer was not sent, and why."),
        Field("purpose", "code", "purpose", "What it was for.", "survey"),
        Field("reason", "code", "reason", "Why, as a code.", "budget"),
    ),
)
