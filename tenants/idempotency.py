"""Writes that a program may repeat: the same key and the same request have one effect and one answer.

Kept are ids, a hash and a status, never what was sent or answered: the answer of a repeated request is made again
from the thing itself. A key is good for KEPT; it belongs to one API key.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import current_tenant
from infra.errors import Conflict, Invalid, RapportError
from infra.i18n import N_
from infra.jobs.declared import job
from tenants.models import IdempotencyKey

KEPT = timedelta(days=3)
SHAPE = re.compile(r"[\x21-\x7e]{1,200}")


class KeyMalformed(RapportError):
    """The key is empty, too long, or holds more than visible ASCII."""

    code = "idempotency_key_malformed"
    message = N_("An Idempotency-Key has 1 to 200 visible ASCII characters and no spaces.")


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    message = N_("This Idempotency-Key was used for another request. Use a new key for a new request.")


class KeyInFlight(Conflict):
    """The first request with this key has not ended yet."""

    code = "idempotency_key_in_flight"
    message = N_("A request with this Idempotency-Key is being worked on. Send it again in a moment.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A write as it was asked for: by which API key, under which key, where, and with what."""

    api_key_id: UUID
    key: str
    route: str
    body_hash: bytes


def once(session: Session, asked: Asked, perform: Callable[[], UUID], *, status: int) -> tuple[UUID, bool]:
    """Performs the write and keeps the id of its result, in one transaction; or finds what it did before.

    Returns the id, and whether it was done before. Raises KeyMalformed, KeyReused, KeyInFlight.
    """
    if not SHAPE.fullmatch(asked.key):
        raise KeyMalformed()
    _hold(session, asked)
    done = session.get(IdempotencyKey, (asked.api_key_id, asked.key))
    if done is not None and done.created_at >= now() - KEPT:
        if done.route != asked.route or done.body_hash != asked.body_hash:
            raise KeyReused()
        return done.result_id, True
    result = perform()
    _remember(session, asked, status, result)
    return result, False


def has_old(session: Session) -> bool:
    """Whether keys are there that are no longer good, for the sweeper."""
    return session.scalar(select(IdempotencyKey.key).where(_old()).limit(1)) is not None


@job(queue="bulk")
def forget_old(session: Session) -> None:
    """Deletes keys that are no longer good."""
    session.execute(delete(IdempotencyKey).where(_old()))


def _old() -> ColumnElement[bool]:
    return IdempotencyKey.created_at < now() - KEPT


def _hold(session: Session, asked: Asked) -> None:
    """Holds the key until the transaction ends: waiting for the other one would tie up a worker of the web."""
    name = f"idempotency:{current_tenant().id}:{asked.api_key_id}:{asked.key}"
    if not session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))):
        raise KeyInFlight()


def _remember(session: Session, asked: Asked, status: int, result: UUID) -> None:
    content = {
        "route": asked.route,
        "body_hash": asked.body_hash,
        "status": status,
        "result_id": result,
        "created_at": now(),
    }
    session.flush()
    statement = insert(IdempotencyKey).values(api_key_id=asked.api_key_id, key=asked.key, **content)
    session.execute(statement.on_conflict_do_update(index_elements=["api_key_id", "key"], set_=content))
