"""What a customer is called on their own pages."""

from customers.models import Person
from infra.crypto.columns import or_none


def first_name(person: Person) -> str:
    """The first word of the name; empty where none is known."""
    name = or_none(lambda: person.identity.name) or ""
    return name.split()[0] if name.split() else ""
