"""Tables of the register."""

from customers.models.bounces import Bounce
from customers.models.consent import Consent, ConsentText, ContactRules, Preferences, Topic
from customers.models.contact import Contact, PersonalLink, Suppression
from customers.models.inbound import InboundMail
from customers.models.people import Attribute, Company, Identity, Person

__all__ = [
    "Attribute",
    "Bounce",
    "Company",
    "Consent",
    "ConsentText",
    "Contact",
    "ContactRules",
    "Identity",
    "InboundMail",
    "Person",
    "PersonalLink",
    "Preferences",
    "Suppression",
    "Topic",
]
