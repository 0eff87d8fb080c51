"""What the tenant has decided about its customer pages: whether they are open, and their welcome."""

from sqlalchemy.orm import Session

from customers import contact_rules
from customers.portal import sessions
from infra import clock
from infra.errors import Invalid
from infra.i18n import N_
from tenants import audit
from tenants.permissions import Actor

LONGEST_WELCOME = 300
TOO_LONG = N_("Use at most 300 characters.")


def is_open(session: Session) -> bool:
    """Whether customers can come in."""
    return contact_rules.get(session).portal_closed_at is None


def welcome(session: Session) -> str:
    """The tenant's own sentence, or none."""
    return contact_rules.get(session).portal_welcome or ""


def save(session: Session, *, by: Actor, is_open: bool, welcome: str) -> None:
    """Opens or closes the pages and sets the sentence. Closing ends every session. Raises Invalid."""
    text = " ".join(welcome.split())
    if len(text) > LONGEST_WELCOME:
        raise Invalid(problems={"welcome": [TOO_LONG]})
    kept = contact_rules.changed(session)
    if (kept.portal_closed_at is None) == is_open and (kept.portal_welcome or "") == text:
        return
    if is_open:
        kept.portal_closed_at = None
    elif kept.portal_closed_at is None:
        kept.portal_closed_at = clock.now()
        sessions.end_everybodys(session)
    kept.portal_welcome = text or None
    session.flush()
    audit.record(session, "portal.settings_changed", by=by, open=is_open)
