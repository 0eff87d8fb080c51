"""The way out of each thing that stands against a message: a sentence, and where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from infra.i18n import N_
from web.auth import may


@dataclass(frozen=True, slots=True)
class Way:
    """What can be done, and the page on which; without an address there is none, or not for this person."""

    sentence: str
    label: str = ""
    href: str = ""


_DETAILS = ("console.customers.details", N_("Change details"), "customers.edit", True)
_CONSENT = ("console.customers.consent", N_("Consent"), "customers.read", True)
_LIST = ("console.settings.suppressions", N_("Addresses not written to"), "contacts.manage", False)
_RULES = ("console.settings.contact_rules", N_("Contact rules"), "contacts.manage", False)
_TOPICS = ("console.settings.purposes_list", N_("Purposes and topics"), "contacts.manage", False)

WAYS: Mapping[str, tuple[str, tuple[str, str, str, bool] | None]] = {
    "no_address": (N_("Add the e-mail address, or call."), _DETAILS),
    "hard_bounce": (N_("Ask by another way for the right address and change it."), _DETAILS),
    "complaint": (N_("Use another way. An admin can lift this when the customer asks for it."), _LIST),
    "unsubscribe": (N_("They can turn mail on again in their preferences. Until then use another way."), _CONSENT),
    "manual": (N_("Ask whoever put it there. An admin can lift it with a reason."), _LIST),
    "import": (N_("An admin can lift it with a reason."), _LIST),
    "withdrawn": (N_("Only they can agree again. If they told you so, note it with how they said it."), _CONSENT),
    "no_consent": (N_("Ask them first. If they agreed, note it with how they said it."), _CONSENT),
    "not_confirmed": (N_("A mail asks them to confirm. Until they do, use another way."), _CONSENT),
    "paused": (N_("Wait until then, or use another way."), _CONSENT),
    "topic_archived": (N_("Choose another topic, or bring this one back."), _TOPICS),
    "own_frequency": (N_("Wait until then, or use another way."), _CONSENT),
    "budget": (N_("Wait until then, call instead, or change how many messages one customer gets."), _RULES),
}


def ways_out(person_id: UUID, reason: str) -> Way | None:
    """What whoever looks can do about a reason; None where nothing helps."""
    found = WAYS.get(reason)
    if found is None:
        return None
    sentence, page = found
    if page is None or not may(page[2]):
        return Way(sentence)
    endpoint, label, _, of_person = page
    return Way(sentence, label, url_for(endpoint, person_id=person_id) if of_person else url_for(endpoint))
