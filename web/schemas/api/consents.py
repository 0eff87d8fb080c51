"""Consent of customers, messages to them, and addresses that nobody writes to."""

from typing import Any

from marshmallow import fields

from customers.contact_facts import REASONS
from customers.models.contact import KINDS
from customers.purposes import CHANNELS, CHOSEN, PURPOSES
from web.schemas.api.base import (
    Answer,
    Body,
    Cursors,
    identifier,
    language,
    line,
    moment,
    one_of,
    page_of,
    truth,
    whole,
)

LONGEST = 500
PURPOSE = "What it is for."
CHANNEL = "By which way."
TOPIC = "A topic of the purpose; empty for the whole purpose."
CODE = "^[a-z0-9_]*$"


def said(description: str, **options: Any) -> fields.String:
    """A text that goes out."""
    return fields.String(metadata={"description": description}, **options)


class NewConsent(Body):
    """What somebody did, and how you know."""

    purpose = one_of(PURPOSE, *(purpose.code for purpose in CHOSEN), required=True)
    channel = one_of(CHANNEL, *CHANNELS, load_default="email")
    topic = line(TOPIC, 40, shortest=0, pattern=CODE, load_default="")
    state = one_of("What they did.", "given", "withdrawn", required=True)
    text_version = line(
        "How your system names the wording they agreed to. Needed for `given`, unless you send the wording.",
        LONGEST,
        shortest=0,
        load_default="",
    )
    text = line("The wording itself; its SHA-256 is stored.", 2_000, shortest=0, load_default="")
    language = language("The language of the wording.", load_default="en")
    how = line("Where your system keeps the proof.", LONGEST, shortest=0, load_default="")
    network = line("The network address it came from; stored encrypted.", 64, load_default=None)
    at = moment("When they did it; now, if left out.", load_default=None)
    birth_year = whole("Where you have set an age: the year of birth.", 1900, 2100, load_default=None)
    guardian_email = line("Of a child: where a parent or guardian confirms.", 254, shortest=0, load_default="")


class Consent(Answer):
    """One act. The latest of each purpose, channel and topic counts."""

    id = identifier("Its id.", required=True)
    person_id = identifier("The customer, as they were called then.", required=True)
    purpose = said(PURPOSE, required=True)
    channel = said(CHANNEL, required=True)
    topic = said(TOPIC, required=True)
    state = one_of("`pending` waits for its confirmation.", "given", "withdrawn", "pending", required=True)
    counts = truth("Whether this is the act that counts now.", required=True)
    source = said("Where we know it from, such as `form`, `staff`, `api`, `link` or `mail`.", required=True)
    text_version = said("The wording that was agreed to.", required=True, allow_none=True)
    text_digest = said("SHA-256 of the wording.", required=True, allow_none=True)
    text = said("The wording, where it is one of ours.", required=True, allow_none=True)
    language = said("The language of the wording.", required=True, allow_none=True)
    how = said("What staff or your system said about it.", required=True, allow_none=True)
    network = said("The network address it came from.", required=True, allow_none=True)
    evidence = identifier("The message, import or act that it came by.", required=True, allow_none=True)
    guardian_confirmed = truth("Whether a guardian confirmed it.", required=True)
    expires_at = moment("Until when a pending one can be confirmed.", required=True, allow_none=True)
    at = moment("When they did it.", required=True)
    created_at = moment("When it was stored.", required=True)


ConsentPage = page_of(Consent, "ConsentPage")


class ContactQuery(Cursors):
    """Which messages to list."""

    person_id = identifier("Only to this customer.", load_default=None)
    state = one_of("`refused` are all that were not sent.", "requested", "refused")
    reason = one_of("Only those not sent for this reason.", *REASONS)
    purpose = one_of("Only of this purpose.", *PURPOSES)


class Contact(Answer):
    """A message that was asked for."""

    id = identifier("Its id.", required=True)
    person_id = identifier("The customer.", required=True)
    purpose = said(PURPOSE, required=True)
    channel = said(CHANNEL, required=True)
    topic = said(TOPIC, required=True)
    reminder = truth("Whether it reminds of another one.", required=True)
    state = one_of(
        "`refused` at once, `cancelled` when it was to be sent.", "requested", "refused", "cancelled", required=True
    )
    reason = said("Why it was not sent.", required=True, allow_none=True)
    mail = said("How its mail stands, such as `queued`, `accepted` or `refused`.", required=True, allow_none=True)
    due_at = moment("When it may go out, after quiet hours.", required=True)
    created_at = moment("When it was asked for.", required=True)


ContactPage = page_of(Contact, "ContactPage")


class LinkKey(Answer):
    """Signs external ids in links to surveys."""

    key = said("HMAC-SHA256 key, used as this text. Keep it like a password.", required=True)
    number = whole("Grows with each new key.", 1, 2_000_000_000, required=True)


class SuppressionQuery(Cursors):
    """Which entries to list."""

    email = line("Exactly this address.", 254)
    kind = one_of("Only of this kind.", *KINDS)
    lifted = one_of("`true` for those that were taken off the list.", "true", "false", load_default="false")


class NewSuppression(Body):
    """An address nobody is to write to."""

    email = line("The address.", 254, required=True)
    reason = line("Why.", LONGEST, required=True)


class Lifting(Body):
    """Why an address may be written to again."""

    reason = line("Why.", LONGEST, required=True)


class Suppression(Answer):
    """An entry of the list."""

    id = identifier("Its id.", required=True)
    email = said("The address; null when it was erased.", required=True, allow_none=True)
    kind = one_of("Why.", *KINDS, required=True)
    source = said("What told us.", required=True)
    reason = said("What was said about it.", required=True, allow_none=True)
    evidence = said("What proves it.", required=True, allow_none=True)
    at = moment("Since when.", required=True)
    lifted_at = moment("When it was taken off the list.", required=True, allow_none=True)


SuppressionPage = page_of(Suppression, "SuppressionPage")
