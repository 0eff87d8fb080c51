"""Signing in: counted attempts, one answer for every failure, resets by mail, and codes of one use.

Whoever has a second factor gets half a session after the password: a signed note, good for ten minutes and for
nothing but trying codes. It is no row, so nothing that asks for a session can take it for one. A reset link is
signed and holds a fingerprint of the present password hash, so that it works once: the new password changes the
fingerprint, and a half session dies with it too.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.crypto import Keys
from infra.crypto.normal import email as normal_email
from infra.db import current_tenant
from infra.errors import Invalid, NotFound
from infra.ids import unordered_id
from infra.jobs import enqueue
from infra.mail import outbox
from infra.mail.jobs import FLAG, send_mails
from infra.mail.models import Outbox
from infra.settings import Settings
from tenants import audit, passwords, second_factor, sessions, staff, throttle
from tenants.errors import LinkExpired, SignInFailed, StepTwoOver
from tenants.models import StaffMember, StaffSession, StaffToken
from tenants.permissions import SYSTEM, Actor
from tenants.throttle import Attempt, Caller

RESET_LIVES = timedelta(hours=1)
RESET_MAIL = "staff.password_reset"
RESET_PAUSE = 300
"""Seconds in which an account gets one reset mail, however often it is asked for."""
RESETS = 3
"""Reset mails that an account gets within RESET_LIVES. Whoever asks more often finds one whose link still works."""

FROM_ONE_PLACE = "staff.sign_ins_from_one_place_failed"

ENTER_LIVES = timedelta(minutes=5)
_HALF = "staff.half"
HALF_LIVES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came in: with the token of a session, or with half of one when a code is still to come."""

    member: StaffMember
    token: str | None = None
    half: str | None = None


def count_attempt(session: Session, keys: Keys, email: str, caller: Caller) -> Attempt:
    """Notes an attempt at a password; see `throttle.count`. Commit before the password is checked.

    While more fail than are free the log hears of it once an hour, in the same way for an account that does not
    exist; and once an hour when a network address has spent what is free there, whatever accounts it tried.
    """
    attempt = throttle.count(session, keys, "password", email, caller)
    if attempt.is_news:
        member = staff.find_by_email(session, email)
        kind = "staff.sign_ins_failed" if member else "staff.sign_ins_of_nobody_failed"
        audit.record(session, kind, by=SYSTEM, subject=member.id if member else None, failed=attempt.before)
    if attempt.before_at_address >= throttle.FREE_BY_ADDRESS and not audit.is_recorded(
        session, FROM_ONE_PLACE, within=throttle.ADDRESS_KEPT
    ):
        audit.record(session, FROM_ONE_PLACE, by=SYSTEM, failed=attempt.before_at_address)
    return attempt


def count_proof(session: Session, keys: Keys, living: StaffSession, member: StaffMember) -> Attempt:
    """Notes an attempt at the password of who is signed in, who types it once more. Commit before it is checked.

    The log hears of it as it does of sign-ins: somebody may sit at a browser that is not theirs.
    """
    attempt = throttle.count_within(session, keys, living.id, member.email)
    if attempt.is_news:
        audit.record(session, "staff.proofs_failed", by=SYSTEM, subject=member.id, failed=attempt.before)
    return attempt


def sign_in(
    session: Session, settings: Settings, attempt: Attempt, *, email: str, password: str, device: str | None = None
) -> Entry:
    """Lets in who has the password, or halfway. Raises SignInFailed, whatever it was that failed."""
    member = staff.find_by_email(session, email)
    if not passwords.fits(member.password_hash if member else None, password) or member is None:
        raise SignInFailed()
    if passwords.outdated(member.password_hash or ""):
        member.password_hash = passwords.hashed(password)
    throttle.forgive(session, attempt)
    return let_in(session, settings, member, proved=True, device=device)


def let_in(
    session: Session, settings: Settings, member: StaffMember, *, proved: bool, device: str | None = None
) -> Entry:
    """A session for a member, or half of one when they have a second factor. `proved`: they typed the password."""
    if second_factor.find(session, member) is None:
        return Entry(member, token=sessions.start(session, member, device=device, proved=proved))
    payload = {"id": member.id.hex, "now": _fingerprint(settings, member), "proved": proved}
    return Entry(member, half=links.sign(settings, _HALF, current_tenant().id, payload, expires_in=HALF_LIVES))


def of_half(session: Session, settings: Settings, half: str) -> tuple[StaffMember, bool]:
    """Who stands between password and code, and whether they typed the password. Raises StepTwoOver."""
    try:
        payload = links.verify(settings, _HALF, current_tenant().id, half)
        member = staff.get(session, UUID(payload["id"]))
    except (Invalid, NotFound):
        raise StepTwoOver() from None
    if not hmac.compare_digest(payload["now"], _fingerprint(settings, member)):
        raise StepTwoOver()
    return member, bool(payload["proved"])


def count_code(session: Session, keys: Keys, member: StaffMember, caller: Caller) -> Attempt:
    """Notes an attempt at a code; the member is told when many failed. Commit before the code is checked."""
    attempt = throttle.count_code(session, keys, member.email, caller)
    if attempt.is_news:
        failed = max(attempt.before, attempt.before_at_account)
        second_factor.tell_failing(session, member)
        audit.record(session, "staff.codes_failed", by=SYSTEM, subject=member.id, failed=failed)
    return attempt


def finish(
    session: Session, settings: Settings, attempt: Attempt, half: str, code: str, *, device: str | None = None
) -> Entry:
    """The second step: the code makes a whole session of the half. Raises StepTwoOver, CodeWrong."""
    member, proved = of_half(session, settings, half)
    if second_factor.find(session, member) is None:
        raise StepTwoOver()
    second_factor.check_typed(session, member, code)
    throttle.forgive(session, attempt)
    return Entry(member, token=sessions.start(session, member, device=device, proved=proved))


def sign_out(session: Session, token: str) -> None:
    """Ends the session of this token."""
    sessions.end(session, token)


def request_reset(session: Session, keys: Keys, *, email: str, locale: str, crowded: bool = False) -> None:
    """Asks for a reset mail. A row is written for unknown addresses too; when it is sent, nobody is found.

    When it is `crowded`, so many ask here that addresses nobody has share one row. The work is the same for all.
    """
    member = staff.find_by_email(session, email)
    account = keys.for_tenant(current_tenant()).blind("sign_in.account", normal_email(email)).hex()[:32]
    outbox.send(
        session,
        RESET_MAIL,
        ref=member.id if member else unordered_id(),
        key=_reset_key(session, account if member or not crowded else "nobody"),
        locale=(member.locale if member else None) or locale,
    )
    enqueue(session, send_mails, once=FLAG)  # also when nothing is new, which would be a difference


def _reset_key(session: Session, account: str) -> str:
    """A new key for each pause; once there were enough within a link's life, one that was used."""
    slot = int(now().timestamp()) // RESET_PAUSE
    slots = range(slot, slot - int(RESET_LIVES.total_seconds()) // RESET_PAUSE, -1)
    keys = [f"reset:{account}:{each}" for each in slots]
    used = session.scalars(select(Outbox.key).where(Outbox.key.in_(keys))).all()
    return keys[0] if len(used) < RESETS else used[0]


def reset_link(settings: Settings, tenant_id: UUID, member: StaffMember) -> str:
    """The token of a reset link for the member's present password."""
    payload = {"id": member.id.hex, "now": _fingerprint(settings, member)}
    return links.sign(settings, "staff.reset", tenant_id, payload, expires_in=RESET_LIVES)


def check_reset(session: Session, settings: Settings, token: str) -> StaffMember:
    """The member whose password the link may set. Raises LinkExpired for whatever is wrong with it."""
    try:
        payload = links.verify(settings, "staff.reset", current_tenant().id, token)
        member = staff.get(session, UUID(payload["id"]))
    except (Invalid, NotFound):
        raise LinkExpired() from None
    if not hmac.compare_digest(payload["now"], _fingerprint(settings, member)):
        raise LinkExpired()
    return member


def reset(session: Session, settings: Settings, token: str, password: str) -> StaffMember:
    """Sets the password by a reset link. Raises LinkExpired, or Invalid for a poor password."""
    try:
        staff.hold(session, check_reset(session, settings, token))
    except NotFound:
        raise LinkExpired() from None
    member = check_reset(session, settings, token)  # of two at once the second finds the password changed
    problem = passwords.problem(password, member.email, member.name, current_tenant().slug)
    if problem:
        raise Invalid(problems={"password": [problem]})
    staff.set_password(session, member, password, by=Actor("staff", member.id))
    return member


def make_code(session: Session, settings: Settings, member: StaffMember, *, proved: bool = False) -> str:
    """A signed code of one use that signs the member in; it lives five minutes.

    `proved`: whoever is handed it has typed the password for it, as an owner who signs up does.
    """
    row = StaffToken(staff_id=member.id, purpose="enter", expires_at=now() + ENTER_LIVES)
    session.add(row)
    session.flush()
    payload = {"id": row.id.hex, "proved": proved}
    return links.sign(settings, "staff.enter", current_tenant().id, payload, expires_in=ENTER_LIVES)


def enter(session: Session, settings: Settings, code: str, *, device: str | None = None) -> Entry:
    """Lets in who holds a code of one use, or halfway. Raises LinkExpired; of two at once one is let in."""
    try:
        payload = links.verify(settings, "staff.enter", current_tenant().id, code)
    except Invalid:
        raise LinkExpired() from None
    row = session.get(StaffToken, UUID(payload["id"]), with_for_update=True, populate_existing=True)
    if row is None or row.purpose != "enter" or row.used_at is not None or row.expires_at < now():
        raise LinkExpired()
    row.used_at = now()
    try:
        member = staff.get(session, row.staff_id)
    except NotFound:
        raise LinkExpired() from None
    audit.record(session, "staff.entered_by_code", by=Actor("staff", member.id), subject=member.id)
    return let_in(session, settings, member, proved=bool(payload.get("proved")), device=device)


def _fingerprint(settings: Settings, member: StaffMember) -> str:
    """Changes with password and address and says nothing about them: keyed, of a salted hash and a blind index."""
    present = (member.password_hash or "").encode() + b"\0" + member.email_index
    mac = hmac.new(settings.secret.encode(), present, hashlib.sha256)
    return mac.hexdigest()[:32]
