"""Attempts at a password or a code: counted in PostgreSQL, slowed down step by step, never shut for good.

Who attempts is one of three: a stranger at an account, a device that knows the account, or anybody from a network
address. Each has a count of its own, so that strangers spend the strangers' allowance and the owner's device keeps
its own. Beyond what is free, each further attempt waits twice as long as the one before, at most a quarter of an
hour. An attempt that comes too early is refused without being counted and without a hash being computed; an account
that does not exist is counted like any other.
"""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.crypto import Keys
from infra.db import current_tenant
from infra.ids import new_id
from tenants import devices
from tenants.devices import Device
from tenants.errors import TooManyAttempts
from tenants.models import SignInAttempt

KEPT = timedelta(days=1)
"""How long a failure counts against an account or a device."""
ADDRESS_KEPT = timedelta(hours=1)
"""How long it counts against a network address; many people may share one."""

FREE = 5
FREE_BY_ADDRESS = 50
FREE_CODES = 20
"""Codes of the second factor that an account may get wrong within an hour, on whatever devices."""
LONGEST = 900
"""Seconds; the delay does not grow beyond."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt comes from: the network address, and the device if it is known."""

    address: str
    device: Device | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted. `before` is how many had failed already."""

    id: UUID
    bucket: bytes
    before: int
    is_news: bool = False
    """Whether the log is to hear of it: within an hour of the clock the first one beyond what is free."""
    before_at_address: int = 0
    """How many had failed within an hour from the network address; 0 where that is not counted apart."""
    at_account: UUID | None = None
    """The row that counts it for all callers together, where that is counted too."""
    before_at_account: int = 0


def count(session: Session, keys: Keys, kind: str, email: str, caller: Caller) -> Attempt:
    """Notes an attempt of a kind (`password`, `code`) at an account. Raises TooManyAttempts; then nothing is noted.

    Commit before the proof is checked: then attempts made at the same time see each other, and no transaction
    stays open while a hash is computed. Whoever succeeds calls `forgive`.
    """
    bucket, origin = _buckets(keys, kind, email, caller)
    _take_turns(session, bucket, origin)
    moment = now()
    failed, newest, failed_there, newest_there = _so_far(session, bucket, origin, moment)
    wait = max(
        _left(failed, FREE, newest, moment),
        _left(failed_there, FREE_BY_ADDRESS, newest_there, moment) if origin != bucket else 0,
    )
    if wait > 0:
        raise TooManyAttempts.until(wait)
    attempt = SignInAttempt(id=new_id(), account=bucket, address=origin, at=moment)
    session.add(attempt)
    session.flush()
    there = failed_there if origin != bucket else 0
    return Attempt(attempt.id, bucket, failed, _is_news(failed, FREE, newest, moment), there)


def count_code(session: Session, keys: Keys, email: str, caller: Caller) -> Attempt:
    """As `count`, for a code of the second factor, which whoever has the password may try.

    All callers together are counted too: a reset of the password makes a new device, and so a new allowance.
    """
    whole = keys.for_tenant(current_tenant()).blind("sign_in.code.account", devices.mark_of(keys, email))
    _take_turns(session, whole)
    moment = now()
    _, _, failed, newest = _so_far(session, whole, whole, moment)
    wait = _left(failed, FREE_CODES, newest, moment)
    if wait > 0:
        raise TooManyAttempts.until(wait)
    attempt = count(session, keys, "code", email, caller)
    row = SignInAttempt(id=new_id(), account=whole, address=whole, at=moment)
    session.add(row)
    session.flush()
    is_news = attempt.is_news or _is_news(failed, FREE_CODES, newest, moment)
    return replace(attempt, is_news=is_news, at_account=row.id, before_at_account=failed)


def count_within(session: Session, keys: Keys, session_id: UUID, email: str) -> Attempt:
    """As `count`, for who is signed in and types the password again: counted for that session alone."""
    own = Device(session_id, (devices.mark_of(keys, email),))
    return count(session, keys, "proof", email, Caller("", own))


def forgive(session: Session, attempt: Attempt) -> None:
    """After a success the same bucket starts anew. The failures of others at this account stay theirs."""
    session.execute(
        delete(SignInAttempt).where(
            or_(SignInAttempt.account == attempt.bucket, SignInAttempt.id == attempt.at_account)
        )
    )


def delay(failed: int, free: int = FREE) -> int:
    """Seconds between the newest failure and the next attempt, after so many failures."""
    return 0 if failed < free else min(2 ** min(failed - free, 10), LONGEST)


def _buckets(keys: Keys, kind: str, email: str, caller: Caller) -> tuple[bytes, bytes]:
    """Whose allowance is spent, and which network address is counted; for a known device none but its own."""
    tenant_keys = keys.for_tenant(current_tenant())
    mark = devices.mark_of(keys, email)
    bucket = tenant_keys.blind(f"sign_in.{kind}", mark)
    origin = tenant_keys.blind("sign_in.address", _network(caller.address))
    if caller.device is not None and caller.device.knows(mark):
        bucket = origin = tenant_keys.blind(f"sign_in.{kind}.device", f"{caller.device.id.hex} {mark}")
    return bucket, origin


def _network(address: str) -> str:
    """IPv4 as it is; of IPv6 the first 64 bits, because whoever has one address there has them all."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)


def _take_turns(session: Session, *buckets: bytes) -> None:
    """Locks until the transaction ends, always in the same order, so that no two wait for each other for ever."""
    for number in sorted({int.from_bytes(bucket[:8], "big", signed=True) for bucket in buckets}):
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _so_far(
    session: Session, bucket: bytes, origin: bytes, moment: datetime
) -> tuple[int, datetime | None, int, datetime | None]:
    mine = SignInAttempt.account == bucket
    there = (SignInAttempt.address == origin) & (SignInAttempt.at > moment - ADDRESS_KEPT)
    row = session.execute(
        select(
            func.count().filter(mine),
            func.max(SignInAttempt.at).filter(mine),
            func.count().filter(there),
            func.max(SignInAttempt.at).filter(there),
        ).where(SignInAttempt.at > moment - KEPT, or_(mine, SignInAttempt.address == origin))
    ).one()
    return row[0], row[1], row[2], row[3]


def _is_news(failed: int, free: int, newest: datetime | None, moment: datetime) -> bool:
    """Of attempts beyond what is free the first ever, and the first in each hour of the clock.

    It is told from the attempts themselves, so that the work is the same for an account that does not exist.
    """
    if newest is None or failed < free:
        return False
    return failed == free or newest.replace(minute=0, second=0, microsecond=0) <= moment - timedelta(hours=1)


def _left(failed: int, free: int, newest: datetime | None, moment: datetime) -> int:
    """Whole seconds until the next attempt, 0 for now."""
    if newest is None:
        return 0
    passed = (moment - newest).total_seconds()
    return max(0, -int(-(delay(failed, free) - passed) // 1))
