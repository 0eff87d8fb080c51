"""Signing in: counted attempts, one answer for every failure, resets by mail, and codes of one use.

A reset link is signed and holds a fingerprint of the present password hash, so that it works once: the new
password changes the fingerprint.
"""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.crypto import Keys
from infra.crypto.normal import email as normal_email
from infra.db import current_tenant
from infra.errors import Invalid, NotFound
from infra.ids import unordered_id
from infra.mail import outbox
from infra.settings import Settings
from tenants import audit, passwords, sessions, staff
from tenants.errors import LinkExpired, SignInFailed, TooManyAttempts
from tenants.models import SignInAttempt, StaffMember, StaffToken
from tenants.permissions import Actor

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 50
"""Attempts in the window; an office shares one address, so that limit is wider."""

RESET_LIVES = timedelta(hours=1)
RESET_MAIL = "staff.password_reset"
RESET_PAUSE = 300
"""Seconds in which an account gets one reset mail, however often it is asked for."""

ENTER_LIVES = timedelta(minutes=5)


def count_attempt(session: Session, keys: Keys, email: str, address: str) -> None:
    """Notes an attempt at an account from a network address. Raises TooManyAttempts, then nothing is noted.

    Commit before the password is checked: then attempts made at the same time see each other, and no transaction
    stays open while the hash is computed.
    """
    tenant_keys = keys.for_tenant(current_tenant())
    account = tenant_keys.blind("sign_in.account", normal_email(email))
    origin = tenant_keys.blind("sign_in.address", address)
    moment = now()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(account[:8], "big", signed=True))))
    by_account, by_address = session.execute(
        select(
            func.count().filter(SignInAttempt.account == account),
            func.count().filter(SignInAttempt.address == origin),
        ).where(
            SignInAttempt.at > moment - WINDOW,
            or_(SignInAttempt.account == account, SignInAttempt.address == origin),
        )
    ).one()
    if by_account >= PER_ACCOUNT or by_address >= PER_ADDRESS:
        raise TooManyAttempts(retry_after=int(WINDOW.total_seconds()), minutes=WINDOW.seconds // 60)
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < moment - timedelta(days=1)))
    session.add(SignInAttempt(account=account, address=origin, at=moment))


def sign_in(session: Session, keys: Keys, *, email: str, password: str) -> tuple[StaffMember, str]:
    """The member and the token of a new session. Raises SignInFailed, whatever it was that failed."""
    member = staff.find_by_email(session, email)
    if not passwords.fits(member.password_hash if member else None, password) or member is None:
        raise SignInFailed()
    if passwords.outdated(member.password_hash or ""):
        member.password_hash = passwords.hashed(password)
    account = keys.for_tenant(current_tenant()).blind("sign_in.account", normal_email(email))
    session.execute(delete(SignInAttempt).where(SignInAttempt.account == account))
    return member, sessions.start(session, member)


def sign_out(session: Session, token: str) -> None:
    """Ends the session of this token."""
    sessions.end(session, token)


def request_reset(session: Session, keys: Keys, *, email: str, locale: str) -> None:
    """Asks for a reset mail. A row is written for unknown addresses too; when it is sent, nobody is found."""
    member = staff.find_by_email(session, email)
    account = keys.for_tenant(current_tenant()).blind("sign_in.account", normal_email(email))
    slot = int(now().timestamp()) // RESET_PAUSE
    outbox.send(
        session,
        RESET_MAIL,
        ref=member.id if member else unordered_id(),
        key=f"reset:{account.hex()[:32]}:{slot}",
        locale=(member.locale if member else None) or locale,
    )


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
    member = check_reset(session, settings, token)
    problem = passwords.problem(password, member.email)
    if problem:
        raise Invalid(problems={"password": [problem]})
    staff.set_password(session, member, password, by=Actor("staff", member.id))
    return member


def make_code(session: Session, settings: Settings, member: StaffMember) -> str:
    """A signed code of one use that signs the member in; it lives five minutes."""
    row = StaffToken(staff_id=member.id, purpose="enter", expires_at=now() + ENTER_LIVES)
    session.add(row)
    session.flush()
    return links.sign(settings, "staff.enter", current_tenant().id, {"id": row.id.hex}, expires_in=ENTER_LIVES)


def enter(session: Session, settings: Settings, code: str) -> tuple[StaffMember, str]:
    """The member of a code and the token of a new session. Raises LinkExpired; of two at once one is let in."""
    try:
        payload = links.verify(settings, "staff.enter", current_tenant().id, code)
    except Invalid:
        raise LinkExpired() from None
    row = session.get(StaffToken, UUID(payload["id"]), with_for_update=True)
    if row is None or row.used_at is not None or row.expires_at < now():
        raise LinkExpired()
    row.used_at = now()
    member = staff.get(session, row.staff_id)
    audit.record(session, "staff.entered_by_code", by=Actor("staff", member.id), subject=member.id)
    return member, sessions.start(session, member)


def _fingerprint(settings: Settings, member: StaffMember) -> str:
    """Changes with the password and says nothing about it: keyed, and of a salted hash."""
    mac = hmac.new(settings.secret.encode(), (member.password_hash or "").encode(), hashlib.sha256)
    return mac.hexdigest()[:32]
