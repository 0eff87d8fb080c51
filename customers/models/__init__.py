"""Tables of the register."""

from customers.models.bounces import Bounce
from customers.models.consent import Consent, ConsentText, ContactRules, Preferences, Topic
from customers.models.contact import Contact, PersonalLink, Suppression
from customers.models.imports import Import, ImportRow
from customers.models.inbound import InboundMail
from customers.models.interactions import Interaction
from customers.models.merges import Duplicate, Merge
from customers.models.people import Attribute, Company, Identity, Person
from customers.models.portal import ErasureRequest, PortalProof, PortalSession
from customers.models.portal_openid import OpenIdFlow, OpenIdIdentity, OpenIdProvider
from customers.models.segments import Segment, SegmentMember
from customers.models.tasks import Task
from customers.models.views import SavedView

__all__ = [
    "Attribute",
    "Bounce",
    "Company",
    "Consent",
    "ConsentText",
    "Contact",
    "ContactRules",
    "Duplicate",
    "ErasureRequest",
    "Identity",
    "Import",
    "ImportRow",
    "InboundMail",
    "Interaction",
    "Merge",
    "OpenIdFlow",
    "OpenIdIdentity",
    "OpenIdProvider",
    "Person",
    "PersonalLink",
    "PortalProof",
    "PortalSession",
    "Preferences",
    "SavedView",
    "Segment",
    "SegmentMember",
    "Suppression",
    "Task",
    "Topic",
]
