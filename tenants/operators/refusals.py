"""Wrong passwords and codes of operators in their record: once an hour for each account, not once for each try.

A refused request keeps nothing, so whoever refuses calls one of these and commits. An address that is no operator's
is noted without a subject; the work is the same until the entry itself.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys
from infra.ids import token_hash
from tenants import throttle
from tenants.operators import accounts, audit, sign_in, tries
from tenants.operators.models import Operator, OperatorAttempt, OperatorSession
from tenants.permissions import Actor

WRONG, STOPPED = "operator.password_refused", "operator.tries_stopped"
HOUR = timedelta(hours=1)


def at_door(session: Session, keys: Keys, email: str, *, stopped: bool) -> None:
    """A password did not fit an address, or was not looked at (`stopped`) because too many had been tried."""
    operator = accounts.find_by_email(session, email)
    account = OperatorAttempt.account == sign_in.account_mark(keys, email)
    lately = OperatorAttempt.at > now() - throttle.KEPT
    failed = session.scalar(select(func.count()).select_from(OperatorAttempt).where(account, lately)) or 0
    _note(session, STOPPED if stopped else WRONG, operator.id if operator else None, None, failed)


def at_code(session: Session, token: str) -> None:
    """A code of the second factor came too soon after too many."""
    half = select(OperatorSession.operator_id).where(OperatorSession.token_hash == token_hash(token))
    _note(session, STOPPED, session.scalar(half), None)


def of_present(session: Session, keys: Keys, operator: Operator, kind: str, by: Actor, *, stopped: bool) -> None:
    """The present password, or a code, that somebody who is signed in typed was wrong, or came too soon."""
    failed = tries.failed(session, keys, kind, operator.id)
    if kind == tries.RENEWAL and not stopped:
        waits = throttle.delay(failed)
        audit.record(session, "operator.code_refused", by=by, subject=operator.id, failed=failed, waits=waits)
    else:
        _note(session, STOPPED if stopped else WRONG, operator.id, by, failed)


def _note(session: Session, action: str, subject: UUID | None, by: Actor | None, failed: int | None = None) -> None:
    if not audit.is_recorded(session, action, subject=subject, within=HOUR):
        audit.record(session, action, by=by, subject=subject, failed=failed)
