"""What members of staff change about themselves: name, language, zone, password, and the address they sign in with.

A new address counts when its mailbox has answered: the link goes there, and the old address is told afterwards.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.crypto.normal import email as normal_email
from infra.db import current_tenant
from infra.errors import Conflict, Invalid, NotFound, TooMany
from infra.i18n import N_, SHIPPED
from infra.mail import outbox
from infra.settings import Settings
from tenants import audit, branding, passwords, staff, staff_index
from tenants.errors import LinkExpired
from tenants.models import StaffMember, StaffToken
from tenants.names import clean_name
from tenants.permissions import Actor

ADDRESS_LIVES = timedelta(days=1)
CONFIRM_MAIL = "staff.confirm_address"
CHANGED_MAIL = "staff.address_changed"
MOST_PER_DAY = 5
"""Mails to addresses that somebody says are theirs."""

WRONG_PASSWORD = N_("This is not your present password.")
SAME_PASSWORD = N_("This is your present password. Choose another one.")
SAME_ADDRESS = N_("This is your address already.")
ADDRESS_TAKEN = N_("Somebody with this e-mail address is on the team already.")
TOO_MANY = N_("You have asked for several changes of your address today. Try again tomorrow.")
UNKNOWN_LANGUAGE = N_("Choose one of the languages in the list.")


def change(session: Session, member: StaffMember, *, name: str, locale: str, zone: str) -> None:
    """Stores name, language and zone; an empty language or zone means the workspace's. Raises Invalid."""
    problems: dict[str, list[str]] = {}
    if locale and locale not in SHIPPED:
        problems["locale"] = [UNKNOWN_LANGUAGE]
    if zone and zone not in branding.zones():
        problems["zone"] = [branding.UNKNOWN_ZONE]
    if problems:
        raise Invalid(problems=problems)
    after = {"name": clean_name(name), "locale": locale or None, "zone": zone or None}
    changed = [field for field, value in after.items() if getattr(member, field) != value]
    for field in changed:
        setattr(member, field, after[field])
    if changed:
        audit.record(session, "staff.profile_changed", by=_oneself(member), subject=member.id, fields=changed)


def change_password(
    session: Session, member: StaffMember, *, present: str, new: str, besides: UUID | None = None
) -> None:
    """Sets a new password and ends the member's other sessions. Raises Invalid beside the field at fault."""
    if not passwords.fits(member.password_hash, present):
        raise Invalid(problems={"present": [WRONG_PASSWORD]})
    problem = (
        SAME_PASSWORD
        if new == present
        else passwords.problem(new, member.email, member.name, current_tenant().slug)
    )
    if problem:
        raise Invalid(problems={"password": [problem]})
    staff.set_password(session, member, new, by=_oneself(member), besides=besides)


def ask_for_address(session: Session, member: StaffMember, *, email: str, password: str) -> StaffToken:
    """Mails a link to the new address; nothing changes before it is followed. Raises Invalid, or TooMany."""
    if not passwords.fits(member.password_hash, password):
        raise Invalid(problems={"address_password": [WRONG_PASSWORD]})
    if normal_email(email) == normal_email(member.email):
        raise Invalid(problems={"email": [SAME_ADDRESS]})
    if staff.find_by_email(session, email) is not None:
        raise Invalid(problems={"email": [ADDRESS_TAKEN]})
    _require_room(session, member)
    _forget_links(session, member)
    row = StaffToken(
        staff_id=member.id,
        purpose="email",
        email=email.strip(),
        email_before=member.email,
        expires_at=now() + ADDRESS_LIVES,
    )
    session.add(row)
    session.flush()
    audit.record(session, "staff.address_change_asked", by=_oneself(member), subject=member.id)
    outbox.send(session, CONFIRM_MAIL, ref=row.id, key=f"address:{row.id.hex}", locale=_locale(member))
    return row


def waiting_address(session: Session, member: StaffMember) -> StaffToken | None:
    """The change of address whose link has not been followed yet."""
    query = select(StaffToken).where(
        StaffToken.staff_id == member.id,
        StaffToken.purpose == "email",
        StaffToken.used_at.is_(None),
        StaffToken.expires_at > now(),
    )
    return session.scalars(query.order_by(StaffToken.created_at.desc()).limit(1)).one_or_none()


def drop_address(session: Session, member: StaffMember) -> None:
    """Makes a mailed link worthless. Without one it does nothing."""
    _forget_links(session, member)


def address_link(settings: Settings, tenant_id: UUID, row: StaffToken) -> str:
    """The token of the link that confirms an address."""
    return links.sign(settings, "staff.address", tenant_id, {"id": row.id.hex}, expires_in=ADDRESS_LIVES)


def check_address(session: Session, settings: Settings, token: str, *, lock: bool = False) -> StaffToken:
    """The change of address behind a mailed link. Raises LinkExpired for whatever is wrong with it."""
    try:
        payload = links.verify(settings, "staff.address", current_tenant().id, token)
        row = session.get(StaffToken, UUID(payload["id"]), with_for_update=lock, populate_existing=lock)
        if row is None or row.purpose != "email" or row.used_at is not None or row.expires_at <= now():
            raise LinkExpired()
        staff.get(session, row.staff_id)
    except (Invalid, NotFound):
        raise LinkExpired() from None
    return row


def confirm_address(session: Session, settings: Settings, token: str) -> StaffMember:
    """Makes the new address the one to sign in with, and tells the old one. Raises LinkExpired or Conflict."""
    row = check_address(session, settings, token, lock=True)
    member = staff.get(session, row.staff_id)
    staff.hold(session, member)
    assert row.email is not None, "a link of this purpose has an address"
    try:
        with session.begin_nested():
            member.email = row.email
    except IntegrityError:
        raise Conflict(ADDRESS_TAKEN) from None
    row.used_at = now()
    staff_index.mark(session, member)
    audit.record(session, "staff.address_changed", by=_oneself(member), subject=member.id)
    outbox.send(session, CHANGED_MAIL, ref=row.id, key=f"address-changed:{row.id.hex}", locale=_locale(member))
    return member


def _require_room(session: Session, member: StaffMember) -> None:
    recent = select(StaffToken.id).where(
        StaffToken.staff_id == member.id,
        StaffToken.purpose == "email",
        StaffToken.created_at > now() - timedelta(days=1),
    )
    if len(session.scalars(recent).all()) >= MOST_PER_DAY:
        raise TooMany(TOO_MANY, retry_after=86400)


def _forget_links(session: Session, member: StaffMember) -> None:
    mine = (StaffToken.staff_id == member.id, StaffToken.purpose == "email", StaffToken.used_at.is_(None))
    session.execute(update(StaffToken).where(*mine).values(used_at=now()))


def _oneself(member: StaffMember) -> Actor:
    return Actor("staff", member.id)


def _locale(member: StaffMember) -> str:
    return member.locale or "en"
