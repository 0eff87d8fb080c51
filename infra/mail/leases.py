"""The states of an outbox row as statements. A worker knows a row it holds by `leased_until`:
no two leases of a row share it.

What happens once per mail takes the one-round-trip path; batches take a session.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef
from infra.db.fast import Row, Value, once, once_control
from infra.mail.models import outbox_of

LEASE = timedelta(minutes=5)
"""How long a worker may hold a mail; longer than it works on a batch."""
SENDING_TAKES = timedelta(minutes=3)
"""What must be left of a lease when DATA begins, so that it does not end while the server thinks."""
MAX_ATTEMPTS = 12
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)

BEGIN: LiteralString = (
    "UPDATE outbox SET state = 'sending', message_id = $3::text "
    "WHERE id = $1::uuid AND state = 'leased' AND leased_until = $2::timestamptz "
    "AND leased_until > $4::timestamptz RETURNING 1"
)
FINISH: LiteralString = (
    "UPDATE outbox SET state = $3::text, smtp_reply = $4::text, finished_at = $5::timestamptz, leased_until = NULL "
    "WHERE id = $1::uuid AND leased_until = $2::timestamptz AND state IN ('leased', 'sending')"
)
AGAIN: LiteralString = (
    "UPDATE outbox SET state = 'queued', smtp_reply = $3::text, next_attempt_at = $4::timestamptz, "
    "attempts = attempts - $5::int, leased_until = NULL "
    "WHERE id = $1::uuid AND leased_until = $2::timestamptz AND state IN ('leased', 'sending')"
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A mail that this worker holds. `attempts` counts this one."""

    id: UUID
    purpose: str
    ref: UUID
    key: str
    locale: str
    attempts: int
    leased_until: datetime


class LeaseLost(Exception):
    """Somebody else decided about the mail meanwhile; it must not be sent from here."""


class Leases:
    """One outbox: a tenant's, or the platform's when the tenant is None."""

    def __init__(self, databases: Databases, tenant: TenantRef | None) -> None:
        self._databases = databases
        self._tenant = tenant

    def session(self) -> AbstractContextManager[Session]:
        """A session on the schema of the outbox."""
        if self._tenant is None:
            return self._databases.control_session()
        return self._databases.tenant_session(self._tenant)

    def expire(self) -> None:
        """What a dead worker held: `leased` goes back to the queue, `sending` becomes unknown for good."""
        moment = clock.now()
        with self.session() as session:
            model = outbox_of(session)
            was_sending = model.state == "sending"
            stuck = model.state.in_(("leased", "sending")) & (model.leased_until <= moment)
            session.execute(
                update(model)
                .where(stuck)
                .values(
                    state=case((was_sending, literal("unknown")), else_=literal("queued")),
                    finished_at=case((was_sending, literal(moment)), else_=None),
                    smtp_reply=case(
                        (was_sending, literal("the worker ended while sending")), else_=model.smtp_reply
                    ),
                    leased_until=None,
                )
                .execution_options(synchronize_session=False)
            )

    def take(self, count: int) -> Sequence[Leased]:
        """Leases up to `count` due mails that nobody else holds, the oldest first."""
        moment = clock.now()
        with self.session() as session:
            model = outbox_of(session)
            due = (
                select(model.id)
                .where(model.state == "queued", model.next_attempt_at <= moment)
                .order_by(model.next_attempt_at)
                .limit(count)
                .with_for_update(skip_locked=True)
                .cte("due")
            )
            columns = (model.id, model.purpose, model.ref_id, model.key, model.locale, model.attempts)
            until = moment + LEASE
            rows = session.execute(
                update(model)
                .where(model.id.in_(select(due.c.id)))
                .values(state="leased", leased_until=until, attempts=model.attempts + 1)
                .returning(*columns, model.next_attempt_at)
                .execution_options(synchronize_session=False)
            )
            by_age = sorted(rows, key=lambda row: (row.next_attempt_at, row.id))
            return [Leased(*row[:-1], until) for row in by_age]

    def begin(self, mail: Leased, message_id: str) -> None:
        """Commits that the mail may be delivered from now on. Raises LeaseLost and Unavailable."""
        if not self._once(BEGIN, mail.id, mail.leased_until, message_id, clock.now() + SENDING_TAKES):
            raise LeaseLost

    def finish(self, mail: Leased, state: str, reply: str) -> None:
        """Commits how it ended."""
        self._once(FINISH, mail.id, mail.leased_until, state, reply, clock.now())

    def again(self, mail: Leased, reply: str) -> None:
        """Puts the mail back with a growing pause; after MAX_ATTEMPTS it is refused with the last reply."""
        if mail.attempts >= MAX_ATTEMPTS:
            self.finish(mail, "refused", reply)
        else:
            self._once(AGAIN, mail.id, mail.leased_until, reply, clock.now() + pause_after(mail.attempts), 0)

    def give_back(self, mail: Leased, after: timedelta) -> None:
        """Puts a mail back that was not tried."""
        self._once(AGAIN, mail.id, mail.leased_until, None, clock.now() + after, 1)

    def _once(self, statement: LiteralString, *values: Value) -> list[Row]:
        if self._tenant is None:
            return once_control(self._databases, statement, *values)
        return once(self._databases, self._tenant, statement, *values)


def pause_after(attempts: int) -> timedelta:
    """One minute, two, four, … at most four hours: twelve attempts span about a day."""
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(attempts - 1, 16)
    return min(doubled, _LONGEST_PAUSE)
