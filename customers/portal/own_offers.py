"""What the register itself offers on the customer pages: preferences and one's own data. They are always there."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from customers.models import Person
from customers.portal.offers import Entry, Offer
from infra.i18n import N_


def _always(session: Session, person: Person) -> Sequence[Entry]:
    return ()


OFFERS = (
    Offer(
        "preferences",
        N_("Preferences"),
        N_("Choose what we may write to you about, how often and in which language."),
        "/portal/preferences",
        _always,
    ),
    Offer(
        "data",
        N_("My data"),
        N_("See, correct and download what we know about you, or have it deleted."),
        "/portal/data",
        _always,
    ),
)
