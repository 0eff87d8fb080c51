"""The second factor of staff: an authenticator app with recovery codes, and whether a workspace asks for it.

An app is offered (its secret is shown), then confirmed with a code. What was offered and not confirmed never opens
anything, and moving to another phone keeps the old app working until the new one is confirmed. Codes are checked
under the row's lock: of two who come with the same code at once, one is let in.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.errors import Conflict, Forbidden, Invalid
from infra.i18n import N_
from infra.ids import new_id
from infra.mail import outbox
from tenants import audit, branding, passwords, sessions, totp
from tenants.errors import CodeWrong
from tenants.models import SecondFactor, StaffMember, StaffSession
from tenants.permissions import OWNER, Actor

OFFER_LIVES = timedelta(hours=1)
"""How long a shown secret waits to be confirmed."""

SET_UP_MAIL = "staff.second_factor_set_up"
TURNED_OFF_MAIL = "staff.second_factor_turned_off"
RESET_MAIL = "staff.second_factor_reset"
RECOVERY_MAIL = "staff.recovery_code_used"
FAILING_MAIL = "staff.second_factor_failing"

NO_OFFER = N_("This code belongs to a set-up that is over. Please begin again.")
WRONG_FIRST_CODE = N_(
    "This code does not fit. Check that the app shows this workspace and that its clock is right."
)
WRONG_PASSWORD = N_("This is not your password.")
STILL_ASKED = N_("This workspace asks everybody for a second factor. You can move it to another phone.")
FIRST_YOURSELF = N_("Set up your own second factor first; then ask everybody for theirs.")
NOT_OWN = N_("Your own second factor is turned off under “Sign-in and security”, with a code.")
OWNERS_ALONE = N_("Only the owner's own recovery codes help here: nobody else may reset the owner's second factor.")


def find(session: Session, member: StaffMember) -> SecondFactor | None:
    """The factor that is asked at sign-in; None when there is none."""
    row = session.get(SecondFactor, member.id)
    return row if row is not None and row.confirmed_at is not None else None


def offered(session: Session, member: StaffMember) -> str | None:
    """The secret that was offered and waits for its first code; None when there is none or it waits too long."""
    row = session.get(SecondFactor, member.id)
    if row is None or row.offered_at is None or now() - row.offered_at > OFFER_LIVES:
        return None
    return row.offered


def offer(session: Session, member: StaffMember) -> str:
    """Makes a secret for an app. One that is in use goes on until the new one is confirmed."""
    row = _locked(session, member) or SecondFactor(staff_id=member.id, recovery_hashes=[])
    row.offered, row.offered_at = totp.new_secret(), now()
    session.add(row)
    session.flush()
    return row.offered


def confirm(session: Session, member: StaffMember, code: str, *, living: StaffSession) -> list[str]:
    """Takes the offered app into use and answers ten recovery codes, which nobody can read again.

    Every other session of the member ends: it was opened with less. Raises Invalid.
    """
    row = _locked(session, member)
    secret = offered(session, member)
    if row is None or secret is None:
        raise Invalid(NO_OFFER)
    step = totp.matching_step(secret, code, after=None)
    if step is None:
        raise Invalid(problems={"code": [WRONG_FIRST_CODE]})
    row.secret, row.offered, row.offered_at = secret, None, None
    row.confirmed_at, row.last_step = now(), step
    by = Actor("staff", member.id)
    audit.record(session, "staff.second_factor_set_up", by=by, subject=member.id)
    sessions.end_all(session, member, by=by, besides=living.id)
    outbox.send(session, SET_UP_MAIL, **_to(member))
    return _renew_codes(session, row)


def check(session: Session, member: StaffMember, code: str) -> None:
    """Accepts a code of the app or a recovery code, each once. Raises CodeWrong."""
    row = _locked(session, member)
    if row is None or row.secret is None or row.confirmed_at is None:
        raise CodeWrong()
    step = totp.matching_step(row.secret, code, after=row.last_step)
    if step is not None:
        row.last_step = step
        return
    mark = totp.recovery_hash(code)
    if mark not in row.recovery_hashes:
        raise CodeWrong()
    row.recovery_hashes = [other for other in row.recovery_hashes if other != mark]
    left = len(row.recovery_hashes)
    audit.record(session, "staff.recovery_code_used", by=Actor("staff", member.id), subject=member.id, left=left)
    outbox.send(session, RECOVERY_MAIL, **_to(member))


def check_typed(session: Session, member: StaffMember, code: str) -> None:
    """As `check`, for a form with a field `code`. Raises Invalid."""
    try:
        check(session, member, code)
    except CodeWrong as wrong:
        raise Invalid(problems={"code": [wrong.message]}) from None


def renew_recovery_codes(session: Session, member: StaffMember) -> list[str]:
    """Ten new recovery codes; the old ones are worth nothing from then on. Raises Conflict without a factor."""
    row = _locked(session, member)
    if row is None or row.confirmed_at is None:
        raise Conflict()
    audit.record(session, "staff.recovery_codes_renewed", by=Actor("staff", member.id), subject=member.id)
    return _renew_codes(session, row)


def turn_off(session: Session, member: StaffMember, *, password: str, code: str) -> None:
    """Ends the member's own factor. Raises Invalid beside the wrong field, Conflict where everybody needs one."""
    if is_required(session):
        raise Conflict(STILL_ASKED)
    if not passwords.fits(member.password_hash, password):
        raise Invalid(problems={"password": [WRONG_PASSWORD]})
    check_typed(session, member, code)
    session.execute(delete(SecondFactor).where(SecondFactor.staff_id == member.id))
    audit.record(session, "staff.second_factor_turned_off", by=Actor("staff", member.id), subject=member.id)
    outbox.send(session, TURNED_OFF_MAIL, **_to(member))


def reset(session: Session, member: StaffMember, *, by: Actor) -> None:
    """Takes the factor from a colleague whose phone is gone, ends their sessions, and tells them by mail.

    Without a factor it does nothing. Raises Forbidden for oneself and for the owner.
    """
    if by.id == member.id:
        raise Forbidden(NOT_OWN)
    if member.role == OWNER and by.kind == "staff":
        raise Forbidden(OWNERS_ALONE)
    if _locked(session, member) is None:
        return
    session.execute(delete(SecondFactor).where(SecondFactor.staff_id == member.id))
    audit.record(session, "staff.second_factor_reset", by=by, subject=member.id)
    sessions.end_all(session, member, by=by)
    outbox.send(session, RESET_MAIL, **_to(member))


def is_required(session: Session) -> bool:
    """Whether everybody here needs a second factor."""
    return branding.get_settings(session).second_factor_required_at is not None


def set_required(session: Session, wanted: bool, *, by: Actor) -> None:
    """Asks everybody for a second factor, or no longer. Raises Conflict when the one who asks has none."""
    if wanted == is_required(session):
        return
    own = session.get(SecondFactor, by.id) if by.id is not None else None
    if wanted and by.kind == "staff" and (own is None or own.confirmed_at is None):
        raise Conflict(FIRST_YOURSELF)
    settings = branding.changed(session)
    settings.second_factor_required_at = now() if wanted else None
    settings.second_factor_required_by = by.id if wanted else None
    if wanted:
        audit.record(session, "settings.second_factor_required", by=by)
    else:
        audit.record(session, "settings.second_factor_optional", by=by)


def list_colleagues(session: Session) -> Sequence[tuple[StaffMember, bool]]:
    """Everybody who works here, and whether they have a second factor; who lacks one first."""
    query = (
        select(StaffMember, SecondFactor.confirmed_at)
        .outerjoin(SecondFactor, SecondFactor.staff_id == StaffMember.id)
        .where(StaffMember.deactivated_at.is_(None))
        .order_by(SecondFactor.confirmed_at.is_not(None), StaffMember.id)
    )
    return [(row[0], row[1] is not None) for row in session.execute(query)]


def forget(session: Session, member_id: UUID) -> None:
    """Deletes what somebody who left proved themselves with."""
    session.execute(delete(SecondFactor).where(SecondFactor.staff_id == member_id))


def tell_failing(session: Session, member: StaffMember) -> None:
    """Says once a day that somebody who has the password tries codes."""
    key = f"second-factor-failing:{member.id.hex}:{now().date().isoformat()}"
    outbox.send(session, FAILING_MAIL, **{**_to(member), "key": key})


def _locked(session: Session, member: StaffMember) -> SecondFactor | None:
    """The row as it is now, held until the transaction ends."""
    return session.get(SecondFactor, member.id, with_for_update=True, populate_existing=True)


def _renew_codes(session: Session, row: SecondFactor) -> list[str]:
    codes = totp.new_recovery_codes()
    row.recovery_hashes = [totp.recovery_hash(code) for code in codes]
    session.flush()
    return codes


def _to(member: StaffMember) -> dict[str, Any]:
    """Each change is a mail of its own; only an attack is told once a day."""
    return {"ref": member.id, "key": f"second-factor:{new_id().hex}", "locale": member.locale or "en"}
