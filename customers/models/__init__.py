"""Tables of the register."""

from customers.models.people import Attribute, Company, Identity, Person

__all__ = ["Attribute", "Company", "Identity", "Person"]
