"""Accounts of operators: made on the command line, set up once by a link, reset and disabled.

A set-up link works once and for a day. With it the operator chooses a password, brings the second factor into an
app, proves it with a code, and sees the recovery codes, that one time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys, current_keys
from infra.crypto.columns import blind_equal
from infra.crypto.normal import email as normal_email
from infra.errors import Invalid, NotFound
from infra.i18n import N_
from infra.ids import new_token, token_hash
from tenants import passwords, totp
from tenants.errors import LinkExpired
from tenants.operators import audit, sessions, tries
from tenants.operators.errors import CodeRefused, OperatorExists
from tenants.operators.models import Operator, OperatorSession

SET_UP_LIVES = timedelta(days=1)
NOT_YOURS = N_("This is not your present password.")


def add(session: Session, *, name: str, email: str) -> tuple[Operator, str]:
    """A new operator and the token of the set-up link. Raises OperatorExists."""
    index = current_keys().platform.blind("email", normal_email(email))
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(index[:8], "big", signed=True))))
    if find_by_email(session, email) is not None:
        raise OperatorExists()
    operator = Operator(name=name, email=email.strip(), totp_secret=totp.new_secret())
    session.add(operator)
    token = _new_link(operator)
    session.flush()
    audit.record(session, "operator.added", by=None, subject=operator.id)
    return operator, token


def reset(session: Session, operator: Operator) -> str:
    """A new set-up link; password, second factor, recovery codes and sessions end. A disabled one may come back."""
    operator.password_hash = operator.ready_at = operator.totp_step = operator.disabled_at = None
    operator.recovery_hashes = []
    operator.totp_secret = totp.new_secret()
    token = _new_link(operator)
    sessions.end_all(session, operator, by=None)
    audit.record(session, "operator.reset", by=None, subject=operator.id)
    return token


def disable(session: Session, operator: Operator) -> None:
    """Lets the operator in no more and ends their sessions. Safe to repeat."""
    if operator.disabled_at is None:
        operator.disabled_at = now()
        operator.set_up_hash = operator.set_up_until = None
        sessions.end_all(session, operator, by=None)
        audit.record(session, "operator.disabled", by=None, subject=operator.id)


def get_by_email(session: Session, email: str) -> Operator:
    """Raises NotFound."""
    operator = find_by_email(session, email)
    if operator is None:
        raise NotFound("No operator has this address. `rapport operators list` shows them all.")
    return operator


def find_by_email(session: Session, email: str) -> Operator | None:
    """The operator with this address, also a disabled one."""
    return session.scalars(select(Operator).where(blind_equal(Operator.email_index, email))).one_or_none()


def stands(session: Session, operator_id: UUID, *, since: datetime) -> bool:
    """Whether there is such an operator who is set up and let in, without a reset or an end since that moment."""
    query = select(Operator.id).where(
        Operator.id == operator_id, Operator.disabled_at.is_(None), Operator.ready_at <= since
    )
    return session.scalar(query) is not None


def list_all(session: Session) -> Sequence[Operator]:
    """Every operator, the first one first."""
    return session.scalars(select(Operator).order_by(Operator.id)).all()


def check_set_up(session: Session, token: str, *, lock: bool = False) -> Operator:
    """Whose account the link sets up. Raises LinkExpired for whatever is wrong with it."""
    query = select(Operator).where(
        Operator.set_up_hash == token_hash(token), Operator.set_up_until > now(), Operator.disabled_at.is_(None)
    )
    operator = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if operator is None:
        raise LinkExpired()
    return operator


def set_up(session: Session, token: str, *, password: str, code: str) -> tuple[Operator, list[str]]:
    """Sets password and second factor; answers the operator and the recovery codes, to be shown this once.

    Raises LinkExpired, also for the second of two at once, and Invalid with the field at fault.
    """
    operator = check_set_up(session, token, lock=True)
    problem = passwords.problem(password, operator.email, operator.name)
    step = totp.matching_step(operator.totp_secret, code, after=operator.totp_step)
    problems = {"password": [problem] if problem else [], "code": [CodeRefused.message] if step is None else []}
    if problem or step is None:
        raise Invalid(problems={name: found for name, found in problems.items() if found})
    codes = _give_codes(operator)
    operator.password_hash, operator.totp_step = passwords.hashed(password), step
    operator.set_up_hash = operator.set_up_until = None
    operator.ready_at = now()
    sessions.end_all(session, operator, by=sessions.actor(operator))
    audit.record(session, "operator.set_up", by=sessions.actor(operator), subject=operator.id)
    return operator, codes


def change_password(
    session: Session, keys: Keys, operator: Operator, *, present: str, password: str, besides: str
) -> None:
    """Sets a new password and ends every session but the one with the token `besides`. Raises Invalid.

    Before it `tries.count` notes the try at the present password; a right one is forgiven here.
    """
    if not passwords.fits(operator.password_hash, present):
        raise Invalid(problems={"present": [NOT_YOURS]})
    tries.forgive(session, keys, tries.PRESENT, operator.id)
    problem = passwords.problem(password, operator.email, operator.name)
    if problem:
        raise Invalid(problems={"password": [problem]})
    operator.password_hash = passwords.hashed(password)
    sessions.end_all(session, operator, by=sessions.actor(operator), besides=besides)
    audit.record(session, "operator.password_changed", by=sessions.actor(operator), subject=operator.id)


def renew_codes(session: Session, keys: Keys, operator: Operator, *, code: str) -> list[str]:
    """New recovery codes instead of the old ones. Raises Invalid unless `code` is a fresh one of the app.

    Before it `tries.count` notes the try at the code; a right one is forgiven here.
    """
    locked = session.get_one(Operator, operator.id, with_for_update=True, populate_existing=True)
    step = totp.matching_step(locked.totp_secret, code, after=locked.totp_step)
    if step is None:
        raise Invalid(problems={"code": [CodeRefused.message]})
    locked.totp_step = step
    tries.forgive(session, keys, tries.RENEWAL, operator.id)
    codes = _give_codes(locked)
    audit.record(session, "operator.codes_renewed", by=sessions.actor(operator), subject=operator.id)
    return codes


def last_signed_in(session: Session) -> dict[UUID, datetime | None]:
    """When each operator's newest session began, by operator's id."""
    query = select(OperatorSession.operator_id, func.max(OperatorSession.factor_at)).group_by(
        OperatorSession.operator_id
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _give_codes(operator: Operator) -> list[str]:
    codes = totp.new_recovery_codes()
    operator.recovery_hashes = [totp.recovery_hash(code).hex() for code in codes]
    return codes


def _new_link(operator: Operator) -> str:
    token = new_token()
    operator.set_up_hash, operator.set_up_until = token_hash(token), now() + SET_UP_LIVES
    return token
