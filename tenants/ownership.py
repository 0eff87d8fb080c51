"""Handing the workspace over. It has exactly one owner at any time; the database sees to it.

The new owner need not accept: they work here already, the present owner has typed their password again, both are
told by mail, and a workspace whose owner has left for good is never without one.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from infra.errors import Conflict, Invalid
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import outbox
from tenants import audit, passwords, sessions, staff
from tenants.models import StaffMember
from tenants.permissions import ADMIN, OWNER, Actor

NEW_OWNER_MAIL = "staff.ownership_received"
FORMER_OWNER_MAIL = "staff.ownership_given"

WRONG_PASSWORD = N_("This is not your password. Nothing was changed.")
OWNS_ALREADY = N_("Choose a colleague. You are the owner already.")
NOT_OWNER = N_("The workspace has another owner by now.")


def transfer(
    session: Session, owner: StaffMember, heir: StaffMember, *, password: str, besides: UUID | None = None
) -> None:
    """Makes the heir the owner and the owner an admin; ends the sessions of both but `besides`, and mails both.

    `password` is the owner's. Raises Invalid when it is not, Conflict when they have ceased to be the owner.
    """
    if owner.id == heir.id:
        raise Invalid(problems={"heir": [OWNS_ALREADY]})
    staff.hold(session, owner, heir)
    if owner.role != OWNER:
        raise Conflict(NOT_OWNER)
    if not passwords.fits(owner.password_hash, password):
        raise Invalid(problems={"password": [WRONG_PASSWORD]})
    by = Actor("staff", owner.id)
    owner.role = ADMIN
    session.flush()  # the database holds it against two owners at any moment
    heir.role = OWNER
    session.flush()
    sessions.end_all(session, owner, by=by, besides=besides)
    sessions.end_all(session, heir, by=by)
    audit.record(session, "workspace.owner_changed", by=by, subject=heir.id, former=owner.id)
    mark = new_id().hex
    outbox.send(session, NEW_OWNER_MAIL, ref=heir.id, key=f"owner:{mark}:new", locale=heir.locale or "en")
    outbox.send(session, FORMER_OWNER_MAIL, ref=owner.id, key=f"owner:{mark}:former", locale=owner.locale or "en")
