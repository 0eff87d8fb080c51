"""Tables of the register."""

from customers.models.bounces import Bounce
from customers.models.inbound import InboundMail
from customers.models.people import Attribute, Company, Identity, Person

__all__ = ["Attribute", "Bounce", "Company", "Identity", "InboundMail", "Person"]
