"""What opens the door is changed by who can read the mailbox now: a session alone may be an unlocked screen."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from customers import contact
from customers.models import Person, PortalSession
from infra import clock
from infra.crypto.columns import or_none

FRESH = timedelta(minutes=15)
"""How long a sign-in counts as a proof for another address or another account."""
BY_MAILBOX = ("code", "link")
AGAIN = timedelta(days=1)
"""When the mailbox is told of such a change once more: whoever got hold of it for a moment has lost it by then."""


def is_fresh(living: PortalSession, person: Person) -> bool:
    """Whether the session was begun a moment ago by the mailbox, or by whatever there is where none is known."""
    if living.created_at <= clock.now() - FRESH:
        return False
    return living.how in BY_MAILBOX or mailbox(person) is None


def mailbox(person: Person) -> str | None:
    """Where a proof can be mailed to."""
    return or_none(lambda: person.identity.email) or None


def tell(session: Session, person: Person, *, ref: UUID, key: str, letter: str, to: str | None = None) -> None:
    """Mails of such a change: now, and a day later once more."""
    for suffix, later in ((":again", clock.now() + AGAIN), ("", None)):
        contact.request(
            session, person.id, "service", ref=ref, key=key + suffix, letter=letter, to=to, not_before=later
        )
