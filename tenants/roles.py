"""Giving a colleague another role: what they may no longer do ends at once."""

from sqlalchemy.orm import Session

from infra.errors import Invalid
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import outbox
from tenants import audit, invitations, sessions, staff
from tenants.models import StaffMember
from tenants.permissions import GIVES, Actor

CHANGED_MAIL = "staff.role_changed"

NOT_ONESELF = N_("You cannot change your own role. Ask another admin or the owner.")


def change(session: Session, member: StaffMember, role: str, *, by: Actor) -> None:
    """Gives a colleague another role, ends their sessions, and tells them. Giving the present one does nothing.

    Invitations that they could not send any more are withdrawn. Raises Forbidden, or Invalid when the role cannot
    be given (`tenants.permissions.GIVES`).
    """
    staff.hold(session, member)
    if member.role == role:
        return
    if by.id == member.id:
        raise Invalid(problems={"role": [NOT_ONESELF]})
    staff.require_power(session, by, over=member)
    staff.check_role(session, by, role)
    before, member.role = member.role, role
    sessions.end_all(session, member, by=by)
    invitations.withdraw_sent_by(session, member, by=by, still=GIVES.get(role, frozenset()))
    audit.record(session, "staff.role_changed", by=by, subject=member.id, before=before, role=role)
    outbox.send(session, CHANGED_MAIL, ref=member.id, key=f"role:{new_id().hex}", locale=member.locale or "en")
