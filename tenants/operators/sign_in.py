"""Signing operators in: counted attempts, one answer for every failure, and always a second factor.

Each step that counts is committed before its secret is checked, so that tries made at the same time see each
other, and a refused request (which keeps nothing) does not forget that it was made.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys
from infra.crypto.normal import email as normal_email
from infra.ids import token_hash
from tenants import passwords, throttle, totp
from tenants.operators import accounts, audit, sessions, tries
from tenants.operators.errors import CodeRefused, OperatorRefused, OperatorSignInRequired, OperatorTooOften
from tenants.operators.models import Operator, OperatorAttempt, OperatorSession

WINDOW = timedelta(minutes=15)
PER_PAIR = 8
"""Attempts at one account from one address."""
PER_ADDRESS = 30
PER_ACCOUNT = 60
"""From all addresses together; does not hold where the operator has worked in the last 30 days, so that nobody who
types wrong passwords elsewhere keeps them out."""
KNOWN_FOR = timedelta(days=30)
KEPT = timedelta(days=1)
MOST_CODES = 5
"""Codes that may be tried after one password; `tries` counts them across all of an account's half sessions."""


def count_attempt(session: Session, keys: Keys, email: str, address: str) -> None:
    """Notes an attempt. Raises OperatorTooOften, then nothing is noted. Commit before the password is checked."""
    account, origin = account_mark(keys, email), veiled(keys, address)
    moment = now()
    for mark in sorted((account, origin)):
        session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(mark[:8], "big", signed=True))))
    here, there = OperatorAttempt.address == origin, OperatorAttempt.account == account
    pair, by_address, by_account = session.execute(
        select(func.count().filter(and_(here, there)), func.count().filter(here), func.count().filter(there)).where(
            OperatorAttempt.at > moment - WINDOW, or_(here, there)
        )
    ).one()
    too_many = pair >= PER_PAIR or by_address >= PER_ADDRESS
    if too_many or (by_account >= PER_ACCOUNT and not _is_known(session, email, origin)):
        raise OperatorTooOften(retry_after=int(WINDOW.total_seconds()), minutes=WINDOW.seconds // 60)
    session.execute(delete(OperatorAttempt).where(OperatorAttempt.at < moment - KEPT))
    session.add(OperatorAttempt(account=account, address=origin, at=moment))


def check_password(session: Session, keys: Keys, *, email: str, password: str, address: str) -> str:
    """The token of half a session. Raises OperatorRefused, whatever it was that failed, after the same work."""
    operator = accounts.find_by_email(session, email)
    usable = operator is not None and operator.disabled_at is None and operator.ready_at is not None
    stored = operator.password_hash if operator is not None and usable else None
    if not passwords.fits(stored, password) or operator is None:
        raise OperatorRefused()
    if passwords.outdated(operator.password_hash or ""):
        operator.password_hash = passwords.hashed(password)
    return sessions.start(session, operator, veiled(keys, address), whole=False)


def count_code(session: Session, keys: Keys, token: str) -> None:
    """Notes a try at the second factor. Raises OperatorSignInRequired when there were too many, or it is too late.

    Raises OperatorTooOften when the tries at this account come too fast, through whichever half sessions: then keep
    nothing. Commit before the code is checked.
    """
    counted = session.execute(
        update(OperatorSession)
        .where(
            OperatorSession.token_hash == token_hash(token),
            OperatorSession.factor_at.is_(None),
            OperatorSession.ended_at.is_(None),
            OperatorSession.expires_at > now(),
            OperatorSession.tries < MOST_CODES,
        )
        .values(tries=OperatorSession.tries + 1)
        .returning(OperatorSession.operator_id, OperatorSession.address)
    ).one_or_none()
    if counted is None:
        raise OperatorSignInRequired()
    operator_id, origin = counted
    tries.count(session, keys, tries.CODE, operator_id, apart=_apart(session, operator_id, origin), origin=origin)


def finish(session: Session, keys: Keys, token: str, code: str) -> tuple[Operator, str]:
    """The operator and the token of the whole session, for a code of the app or a recovery code.

    Raises CodeRefused, and OperatorSignInRequired when the half session has ended. A code lets in once.
    """
    half = session.scalars(
        select(OperatorSession)
        .where(OperatorSession.token_hash == token_hash(token), OperatorSession.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if half is None or half.factor_at is not None or half.expires_at < now():
        raise OperatorSignInRequired()
    operator = session.get_one(Operator, half.operator_id, with_for_update=True, populate_existing=True)
    if operator.disabled_at is not None or operator.ready_at is None:
        raise OperatorSignInRequired()
    if not _take(operator, code):
        raise CodeRefused()
    half.ended_at = now()
    origin = and_(
        OperatorAttempt.account == account_mark(keys, operator.email), OperatorAttempt.address == half.address
    )
    session.execute(delete(OperatorAttempt).where(origin))
    apart = _apart(session, operator.id, half.address)
    tries.forgive(session, keys, tries.CODE, operator.id, apart=apart, origin=half.address)
    return operator, sessions.start(session, operator, half.address, whole=True)


def note_refusal(session: Session, keys: Keys, token: str) -> None:
    """Records that a code was wrong, how many were within a day, and for how many seconds the next is refused.

    Commit it: the refused request itself keeps nothing.
    """
    half = session.scalars(select(OperatorSession).where(OperatorSession.token_hash == token_hash(token))).one()
    apart = _apart(session, half.operator_id, half.address)
    failed = tries.failed(session, keys, tries.CODE, half.operator_id, apart=apart)
    waits = throttle.delay(failed)
    audit.record(session, "operator.code_refused", by=None, subject=half.operator_id, failed=failed, waits=waits)


def veiled(keys: Keys, address: str) -> bytes:
    """A network address as we keep it."""
    return keys.platform.blind("operator.address", address)


def account_mark(keys: Keys, email: str) -> bytes:
    """An address as attempts are counted under it."""
    return keys.platform.blind("operator.account", normal_email(email))


def _is_known(session: Session, email: str, origin: bytes) -> bool:
    operator = accounts.find_by_email(session, email)
    return operator is not None and _has_worked(session, operator.id, origin)


def _apart(session: Session, operator_id: UUID, origin: bytes) -> bytes:
    """Codes from where the operator has worked are counted apart from strangers' codes."""
    return origin if _has_worked(session, operator_id, origin) else tries.NOWHERE


def _has_worked(session: Session, operator_id: UUID, origin: bytes) -> bool:
    query = select(OperatorSession.id).where(
        OperatorSession.operator_id == operator_id,
        OperatorSession.address == origin,
        OperatorSession.factor_at > now() - KNOWN_FOR,
    )
    return session.scalar(query.limit(1)) is not None


def _take(operator: Operator, code: str) -> bool:
    """Uses the code up, whichever of the two kinds it is."""
    step = totp.matching_step(operator.totp_secret, code, after=operator.totp_step)
    if step is not None:
        operator.totp_step = step
        return True
    digest = totp.recovery_hash(code).hex()
    left = [known for known in operator.recovery_hashes if known != digest]
    used = len(left) < len(operator.recovery_hashes)
    operator.recovery_hashes = left
    return used
