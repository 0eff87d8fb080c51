"""Tries at an operator's code or present password: counted per account, slowed down like the staff's.

They stand among the attempts at the door, under marks of their own. After a few in vain each further try waits
twice as long as the one before, at most a quarter of an hour: that is about a hundred a day, however many sessions
they come through.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys
from tenants import throttle
from tenants.operators.errors import OperatorTooOften
from tenants.operators.models import OperatorAttempt

CODE, PRESENT, RENEWAL = "code", "present", "renewal"
"""A code at the door; the present password, and a code for new recovery codes, of who is signed in already."""
NOWHERE = b""


def count(
    session: Session, keys: Keys, kind: str, operator_id: UUID, *, apart: bytes = NOWHERE, origin: bytes = NOWHERE
) -> None:
    """Notes a try. Raises OperatorTooOften when it comes too early; then nothing is noted.

    `apart` gives a count of its own to a place where the operator has worked before, so that strangers spend the
    strangers' allowance. `origin` is whence the try comes. Commit before the secret is checked.
    """
    mark = _mark(keys, kind, operator_id, apart)
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(mark[:8], "big", signed=True))))
    failed, newest = _so_far(session, mark)
    left = throttle.delay(failed) - (now() - newest).total_seconds() if newest is not None else 0.0
    if left > 0:
        raise OperatorTooOften.until(-int(-left // 1))
    session.add(OperatorAttempt(account=mark, address=_origin(keys, kind, origin), at=now()))
    session.flush()


def failed(session: Session, keys: Keys, kind: str, operator_id: UUID, *, apart: bytes = NOWHERE) -> int:
    """How many were counted within a day and not forgiven."""
    return _so_far(session, _mark(keys, kind, operator_id, apart))[0]


def forgive(
    session: Session, keys: Keys, kind: str, operator_id: UUID, *, apart: bytes = NOWHERE, origin: bytes = NOWHERE
) -> None:
    """After a success: what was tried from the same place counts no more. What others tried stays theirs."""
    mine = OperatorAttempt.account == _mark(keys, kind, operator_id, apart)
    session.execute(delete(OperatorAttempt).where(mine, OperatorAttempt.address == _origin(keys, kind, origin)))


def _mark(keys: Keys, kind: str, operator_id: UUID, apart: bytes) -> bytes:
    return keys.platform.blind(f"operator.{kind}", f"{operator_id.hex} {apart.hex()}")


def _origin(keys: Keys, kind: str, origin: bytes) -> bytes:
    """Not the mark of the door's attempts: codes do not spend what an address may try there."""
    return keys.platform.blind(f"operator.{kind}.address", origin.hex())


def _so_far(session: Session, mark: bytes) -> tuple[int, datetime | None]:
    row = session.execute(
        select(func.count(), func.max(OperatorAttempt.at)).where(
            OperatorAttempt.account == mark, OperatorAttempt.at > now() - throttle.KEPT
        )
    ).one()
    return row[0], row[1]
