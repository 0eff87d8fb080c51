"""API keys: made with scopes and an end, shown once, stored hashed, rotated with an overlap, revoked for good.

A secret never opens more than the person who made the key may at that moment, nor than whoever rotated it and so
saw the secret: when they lose a right it loses it too, and when they leave it ends. Keys and secrets that were made
at the command line have no such person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, or_, select, update
from sqlalchemy.orm import Session, aliased

from infra.clock import now
from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_
from infra.ids import new_token, token_hash
from tenants import audit
from tenants.errors import KeyExpired, KeyReplaced, KeyRequired, KeyRevoked
from tenants.models import ApiKey, StaffMember
from tenants.models.access import PER_MINUTE
from tenants.permissions import SCOPES, Actor, of_role, of_scopes

PREFIX = "rk_"
"""Tells people, and programs that look for leaked secrets, what they found."""
USED_EVERY = timedelta(minutes=10)
"""How exactly we know when a key was last used."""
LIFETIME = timedelta(days=365)
"""How long a key opens anything when nobody chose."""
LONGEST_LIFE = timedelta(days=3660)
LONGEST_OVERLAP = timedelta(days=30)
REMINDERS = (timedelta(days=14), timedelta(days=1))
"""How long before its end people are told, the earliest first."""
FEWEST, MOST = 10, 6000
"""Bounds of the requests that a key may send in a minute; the upper one keeps a key from starving other tenants."""

NAME_MISSING = N_("Give the key a name of at most 80 characters, so that you recognise it later.")
SCOPES_MISSING = N_("Choose at least one scope. A key without any could do nothing.")
SCOPE_UNKNOWN = N_("One of these scopes does not exist.")
SCOPE_NOT_YOURS = N_("You cannot give a key more than you may do yourself.")
EXPIRED = N_("This moment has passed already.")
TOO_LATE = N_("A key lives for ten years at most.")
RATE_BOUNDS = N_("Choose a number from 10 to 6,000.")
OVERLAP_BOUNDS = N_("The old secret can stay valid for 30 days at most.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a secret opened: who acts, how much it may ask, and which use is to be noted."""

    actor: Actor
    requests_per_minute: int
    previous: bool
    """Whether it was the secret before the last rotation."""
    stale: bool
    """Whether the last use that is known is too old."""


def create(
    session: Session,
    *,
    name: str,
    scopes: Collection[str],
    by: Actor,
    expires_at: datetime | None = None,
    requests_per_minute: int = PER_MINUTE,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not to be seen again; without `expires_at` it never ends.

    Raises Invalid with the fields at fault: nobody gives a key a scope whose permission they do not hold.
    """
    _check(name=name, scopes=scopes, by=by, expires_at=expires_at, requests_per_minute=requests_per_minute)
    secret = PREFIX + new_token()
    key = ApiKey(
        name=name.strip(),
        hint=_hint(secret),
        token_hash=token_hash(secret),
        scopes=sorted(set(scopes)),
        created_by=by.id,
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        remind_at=next_reminder(expires_at, now()),
    )
    session.add(key)
    session.flush()
    audit.record(session, "api_key.created", by=by, subject=key.id, scopes=key.scopes, expires_at=expires_at)
    return key, secret


def list_all(session: Session) -> Sequence[ApiKey]:
    """All keys, living ones first, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def list_of(session: Session, member: StaffMember) -> Sequence[ApiKey]:
    """The living keys that somebody made, or whose present secret they saw, for whoever lets them go."""
    theirs = or_(ApiKey.created_by == member.id, ApiKey.rotated_by == member.id)
    query = select(ApiKey).where(theirs, ApiKey.revoked_at.is_(None))
    return session.scalars(query.order_by(ApiKey.id)).all()


def list_known_to(session: Session, member: StaffMember) -> Sequence[ApiKey]:
    """Living keys of others of which somebody saw the secret before the last rotation, and it opens still."""
    theirs = or_(ApiKey.created_by == member.id, ApiKey.rotated_by == member.id)
    query = select(ApiKey).where(
        ApiKey.previous_rotated_by == member.id,
        ApiKey.previous_expires_at > now(),
        ApiKey.revoked_at.is_(None),
        theirs.is_not(True),
    )
    return session.scalars(query.order_by(ApiKey.id)).all()


def get(session: Session, key_id: UUID) -> ApiKey:
    """A key. Raises NotFound."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound()
    return key


def set_rate(session: Session, key: ApiKey, requests_per_minute: int, *, by: Actor) -> None:
    """How many requests the key may send in a minute. Raises Invalid outside of the bounds."""
    if not FEWEST <= requests_per_minute <= MOST:
        raise Invalid(problems={"requests_per_minute": [RATE_BOUNDS]})
    if key.requests_per_minute != requests_per_minute:
        key.requests_per_minute = requests_per_minute
        audit.record(session, "api_key.limited", by=by, subject=key.id, per_minute=requests_per_minute)


def rotate(
    session: Session, key: ApiKey, *, overlap: timedelta, by: Actor, expires_at: datetime | None = None
) -> str:
    """A new secret for the key; the present one opens for `overlap` longer, one before it no more.

    Neither the end that the present secret has nor the key's new end is put off by the overlap.
    Raises Conflict for a key that is revoked, Invalid for an overlap or an end that cannot be. Nobody rotates a key
    that may more than they may themselves: they would see its secret.
    """
    _hold(session, key)
    if key.revoked_at is not None:
        raise Conflict(REVOKED_STAYS)
    _check(name=key.name, scopes=key.scopes, by=by, expires_at=expires_at)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(problems={"overlap": [OVERLAP_BOUNDS]})
    moment, secret = now(), PREFIX + new_token()
    ends = [moment + overlap, *(end for end in (key.expires_at, expires_at) if end is not None)]
    key.previous_hint, key.previous_token_hash = key.hint, key.token_hash
    key.previous_expires_at, key.previous_last_used_at = min(ends), key.last_used_at
    key.previous_rotated_by, key.rotated_by = key.rotated_by, by.id
    key.hint, key.token_hash, key.last_used_at = _hint(secret), token_hash(secret), None
    key.rotated_at, key.expires_at, key.remind_at = moment, expires_at, next_reminder(expires_at, moment)
    hours = int(overlap.total_seconds() // 3600)
    audit.record(session, "api_key.rotated", by=by, subject=key.id, overlap_hours=hours, expires_at=expires_at)
    return secret


REVOKED_STAYS = N_("This key is revoked. Make a new one instead.")


def end_previous(session: Session, key: ApiKey, *, by: Actor) -> None:
    """The secret before the last rotation opens nothing from now on. Ending what has ended does nothing."""
    _hold(session, key)
    if key.previous_expires_at is not None and key.previous_expires_at > now():
        key.previous_expires_at = now()
        audit.record(session, "api_key.old_secret_ended", by=by, subject=key.id)


def revoke(session: Session, key: ApiKey, *, by: Actor) -> None:
    """From now on the key opens nothing. Revoking a revoked key does nothing."""
    _hold(session, key)
    if key.revoked_at is not None:
        return
    key.revoked_at, key.revoked_by, key.remind_at = now(), by.id, None
    audit.record(session, "api_key.revoked", by=by, subject=key.id)


def revoke_of(session: Session, member: StaffMember, *, by: Actor) -> int:
    """Revokes the living keys that somebody made or whose secret they saw, when they go; answers how many.

    Of keys of others the old secret ends that they saw; what their colleagues rotated since goes on.
    """
    keys = list_of(session, member)
    for key in keys:
        revoke(session, key, by=by)
    for key in list_known_to(session, member):
        end_previous(session, key, by=by)
    return len(keys)


def authenticate(session: Session, secret: str) -> Opened:
    """What a secret of this tenant opens.

    Raises KeyRequired for one that is unknown here, KeyExpired, KeyRevoked and KeyReplaced for one that was ours.
    """
    if not secret.startswith(PREFIX) or len(secret) > 100:
        raise KeyRequired()
    hashed, moment = token_hash(secret), now()
    row = session.execute(_opened_by(hashed)).one_or_none()
    if row is None:
        raise KeyRequired()
    key: ApiKey = row[0]
    previous = key.token_hash != hashed
    rotated_by = key.previous_rotated_by if previous else key.rotated_by
    if key.revoked_at is not None or _is_gone(key.created_by, *row[1:3]) or _is_gone(rotated_by, *row[3:5]):
        raise KeyRevoked()
    if previous and (key.previous_expires_at is None or key.previous_expires_at <= moment):
        raise KeyReplaced()
    if key.expires_at is not None and key.expires_at <= moment:
        raise KeyExpired()
    held = of_scopes(key.scopes)
    for role in (row[1], row[3]):
        held &= of_role(role) if role is not None else of_scopes(SCOPES)
    used = key.previous_last_used_at if previous else key.last_used_at
    stale = used is None or moment - used > USED_EVERY
    return Opened(Actor("api_key", key.id, held), key.requests_per_minute, previous, stale)


def _opened_by(hashed: bytes) -> Select[*tuple[Any, ...]]:
    """The key with a secret; role and end of its maker, and of whoever made that secret by a rotation."""
    maker, rotator = aliased(StaffMember), aliased(StaffMember)
    seen_by = case((ApiKey.token_hash == hashed, ApiKey.rotated_by), else_=ApiKey.previous_rotated_by)
    return (
        select(ApiKey, maker.role, maker.deactivated_at, rotator.role, rotator.deactivated_at)
        .outerjoin(maker, maker.id == ApiKey.created_by)
        .outerjoin(rotator, rotator.id == seen_by)
        .where(or_(ApiKey.token_hash == hashed, ApiKey.previous_token_hash == hashed))
    )


def _is_gone(person: UUID | None, role: str | None, left_at: datetime | None) -> bool:
    """Whether somebody has left, or was erased, so that their row is missing."""
    return left_at is not None or (person is not None and role is None)


def note_use(session: Session, opened: Opened) -> None:
    """Writes down that the secret was used; of several requests at once one does. Commit it at once."""
    moment = now()
    column = ApiKey.previous_last_used_at if opened.previous else ApiKey.last_used_at
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == opened.actor.id, or_(column.is_(None), column < moment - USED_EVERY))
        .values({column: moment}),
        execution_options={"synchronize_session": False},
    )


def next_reminder(expires_at: datetime | None, after: datetime) -> datetime | None:
    """The next moment at which people are told that a key ends; none is due for what ended before it was made."""
    if expires_at is None:
        return None
    return next((at for before in REMINDERS if (at := expires_at - before) > after), None)


def _check(
    *,
    name: str,
    scopes: Collection[str],
    by: Actor,
    expires_at: datetime | None,
    requests_per_minute: int = PER_MINUTE,
) -> None:
    problems: dict[str, list[str]] = {}
    if not 0 < len(name.strip()) <= 80:
        problems["name"] = [NAME_MISSING]
    if not scopes:
        problems["scopes"] = [SCOPES_MISSING]
    elif not set(scopes) <= set(SCOPES):
        problems["scopes"] = [SCOPE_UNKNOWN]
    elif by.kind != "system" and not all(by.may(scope) for scope in scopes):
        problems["scopes"] = [SCOPE_NOT_YOURS]
    if expires_at is not None and expires_at <= now():
        problems["expires_at"] = [EXPIRED]
    elif expires_at is not None and expires_at > now() + LONGEST_LIFE:
        problems["expires_at"] = [TOO_LATE]
    if not FEWEST <= requests_per_minute <= MOST:
        problems["requests_per_minute"] = [RATE_BOUNDS]
    if problems:
        raise Invalid(problems=problems)


def _hold(session: Session, key: ApiKey) -> None:
    """The key as it is now, held until the transaction ends: two who change it do so one after the other."""
    session.flush()
    session.refresh(key, with_for_update=True)


def _hint(secret: str) -> str:
    return secret[: len(PREFIX) + 4]
