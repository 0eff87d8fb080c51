"""The states of an outbox row as statements. A worker knows a row it holds by `leased_until`:
no two leases of a row share it.

`leased` → `sending` is committed to the disk for a window of a few mails. Within it each mail is *begun* by a
commit of its own (its Message-ID is set) that does not wait for the disk. When a worker dies, what was begun and
has no outcome is unknown, at most one mail; the rest of the window goes back. Only where the database server came
up anew since, so that such a commit may be lost, the whole window is unknown. What happens once per mail takes the
one-round-trip path; batches take a session.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, func, literal, or_, select, true, update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import Databases, TenantRef
from infra.db.fast import Row, Value, once, once_control
from infra.mail.models import AnyOutbox, MailBatch, Outbox, outbox_of
from infra.mail.transport import LeaveAlone, Outcome
from infra.settings import Settings

LEASE = timedelta(seconds=Settings.mail_lease)
"""How long a worker may hold a mail, unless the settings say otherwise; longer than it works on a batch."""
SENDING_TAKES = 0.6
"""The part of a lease that must be left when DATA begins, so that it does not end while the server thinks."""
MAX_ATTEMPTS = 32
"""With the usual pauses four days and a bit: what RFC 5321, 4.5.4.1 asks of a sender."""
_LONGEST_PAUSE = timedelta(hours=4)
SKEW = timedelta(seconds=2)
"""That the clocks of workers and of the database may differ by; `rapport doctor` looks after it."""

_RUNS: LiteralString = (
    " AND NOT EXISTS (SELECT 1 FROM mail_batches b WHERE b.id = outbox.batch_id AND b.state <> 'running')"
)
# `state || ''` keeps the planner at the primary key. What it knows of the index of mails in flight is older than a
# big batch: it takes the index for all but empty, and would read the whole of it for each mail.
# Committed at once for everybody who asks, and on disk within a second: a crash of the server may forget it.
_SOON: LiteralString = "set_config('synchronous_commit', 'off', true)"
_WINDOW: LiteralString = (
    "UPDATE outbox SET state = 'sending', message_id = NULL "
    "WHERE id = ANY($1::uuid[]) AND state || '' = 'leased' AND leased_until = $2::timestamptz"
)
_BEGIN: LiteralString = (
    "UPDATE outbox SET message_id = $3::text "
    "WHERE id = $1::uuid AND state || '' = 'sending' AND message_id IS NULL AND leased_until = $2::timestamptz "
    "AND leased_until > $4::timestamptz"
)
_BEFORE: LiteralString = (
    "WITH before AS (UPDATE outbox SET state = $7::text, smtp_reply = $8::text, "
    "finished_at = $9::timestamptz, leased_until = NULL "
    "WHERE id = $5::uuid AND leased_until = $6::timestamptz AND state || '' IN ('leased', 'sending') "
    "RETURNING set_config('synchronous_commit', 'off', true)) "
)
WINDOW: LiteralString = _WINDOW + _RUNS + " RETURNING id"
WINDOW_IN_CONTROL: LiteralString = _WINDOW + " RETURNING id"
BEGIN: LiteralString = _BEGIN + _RUNS + " RETURNING " + _SOON
BEGIN_IN_CONTROL: LiteralString = _BEGIN + " RETURNING " + _SOON
BEGIN_NEXT: LiteralString = _BEFORE + BEGIN
BEGIN_NEXT_IN_CONTROL: LiteralString = _BEFORE + BEGIN_IN_CONTROL
FINISH: LiteralString = (
    "UPDATE outbox SET state = $3::text, smtp_reply = $4::text, finished_at = $5::timestamptz, leased_until = NULL "
    "WHERE id = $1::uuid AND leased_until = $2::timestamptz AND state || '' IN ('leased', 'sending')"
)
AGAIN: LiteralString = (
    "UPDATE outbox SET state = 'queued', smtp_reply = $3::text, next_attempt_at = $4::timestamptz, "
    "attempts = attempts - $5::int, leased_until = NULL "
    "WHERE id = $1::uuid AND leased_until = $2::timestamptz AND state || '' IN ('leased', 'sending')"
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


@dataclass(frozen=True, slots=True)
class Ended:
    """A mail whose outcome is known and not written down yet."""

    mail: Leased
    outcome: Outcome
    at: datetime


class LeaseLost(LeaveAlone):
    """The mail must not be sent from here: its batch was stopped, its lease is short, or somebody else decided."""


class Leases:
    """One outbox: a tenant's, or the platform's when the tenant is None."""

    def __init__(self, databases: Databases, tenant: TenantRef | None) -> None:
        self._databases = databases
        self._tenant = tenant
        self._lease = timedelta(seconds=databases.settings.mail_lease)
        self._first_pause = timedelta(seconds=databases.settings.mail_first_pause)

    def session(self) -> AbstractContextManager[Session]:
        """A session on the schema of the outbox."""
        if self._tenant is None:
            return self._databases.control_session()
        return self._databases.tenant_session(self._tenant)

    def expire(self) -> None:
        """What a dead worker held: what the server may have becomes unknown for good, the rest goes back."""
        moment = clock.now()
        with self.session() as session:
            model = outbox_of(session)
            taken_at = model.leased_until - self._lease
            forgetful = func.pg_postmaster_start_time() > taken_at - SKEW
            lost = (model.state == "sending") & (model.message_id.is_not(None) | forgetful)
            stuck = model.state.in_(("leased", "sending")) & (model.leased_until <= moment)
            session.execute(
                update(model)
                .where(stuck)
                .values(
                    state=case((lost, literal("unknown")), else_=literal("queued")),
                    finished_at=case((lost, literal(moment)), else_=None),
                    smtp_reply=case((lost, literal("the worker ended while sending")), else_=model.smtp_reply),
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
                .where(model.state == "queued", model.next_attempt_at <= moment, runs(model))
                .order_by(model.next_attempt_at)
                .limit(count)
                .with_for_update(skip_locked=True)
            )
            columns = (model.id, model.purpose, model.ref_id, model.key, model.locale, model.attempts)
            until = moment + self._lease
            rows = session.execute(
                update(model)
                .where(model.id == any_(func.array(due.scalar_subquery())))
                .values(state="leased", leased_until=until, attempts=model.attempts + 1)
                .returning(*columns, model.next_attempt_at)
                .execution_options(synchronize_session=False)
            )
            by_age = sorted(rows, key=lambda row: (row.next_attempt_at, row.id))
            return [Leased(*row[:-1], until) for row in by_age]

    def open_window(self, mails: Sequence[Leased], meanwhile: Callable[[], None] | None = None) -> set[UUID]:
        """Commits to the disk that these may be sent from now on; those that somebody stopped are left out.

        They are of one lease. Each is begun by itself. `meanwhile` is done while the disk works; it must not raise.
        """
        statement = WINDOW if self._tenant is not None else WINDOW_IN_CONTROL
        ids = "{" + ",".join(str(mail.id) for mail in mails) + "}"
        return {UUID(row[0]) for row in self._once(statement, ids, mails[0].leased_until, meanwhile=meanwhile)}

    def begin(self, mail: Leased, message_id: str, before: Ended | None = None) -> None:
        """Commits that this mail of the window is sent now, and in the same go how the one before it ended.

        Raises LeaseLost (then only the one before is written down) and Unavailable (then perhaps nothing is).
        """
        own = (mail.id, mail.leased_until, message_id, clock.now() + self._lease * SENDING_TAKES)
        tenant = self._tenant is not None
        if before is None:
            begun = self._once(BEGIN if tenant else BEGIN_IN_CONTROL, *own)
        else:
            ended = (before.mail.id, before.mail.leased_until, before.outcome.kind, before.outcome.reply, before.at)
            statement = BEGIN_NEXT if tenant else BEGIN_NEXT_IN_CONTROL
            begun = self._once(statement, *own, *ended)
        if not begun:
            raise LeaseLost

    def finish(self, mail: Leased, state: str, reply: str) -> None:
        """Commits how it ended."""
        self._once(FINISH, mail.id, mail.leased_until, state, reply, clock.now())

    def again(self, mail: Leased, reply: str) -> None:
        """Puts the mail back with a growing pause; after MAX_ATTEMPTS it is refused with the last reply."""
        if mail.attempts >= MAX_ATTEMPTS:
            self.finish(mail, "refused", reply)
        else:
            self._once(AGAIN, mail.id, mail.leased_until, reply, clock.now() + self._pause(mail), 0)

    def give_back(self, mail: Leased, after: timedelta) -> None:
        """Puts a mail back that was not tried."""
        self._once(AGAIN, mail.id, mail.leased_until, None, clock.now() + after, 1)

    def give_back_all(self, mails: Sequence[Leased], after: timedelta) -> None:
        """Puts many back that were not tried."""
        moment = clock.now()
        by_lease: dict[datetime, list[UUID]] = {}
        for mail in mails:
            by_lease.setdefault(mail.leased_until, []).append(mail.id)
        for until, ids in by_lease.items():
            with self.session() as session:
                model = outbox_of(session)
                held = model.state.concat("").in_(("leased", "sending"))
                ours = model.id.in_(ids) & (model.leased_until == until) & held
                session.execute(
                    update(model)
                    .where(ours)
                    .values(
                        state="queued",
                        next_attempt_at=moment + after,
                        attempts=model.attempts - 1,
                        leased_until=None,
                    )
                    .execution_options(synchronize_session=False)
                )

    def _pause(self, mail: Leased) -> timedelta:
        return pause_after(mail.attempts, self._first_pause)

    def _once(
        self, statement: LiteralString, *values: Value, meanwhile: Callable[[], None] | None = None
    ) -> list[Row]:
        if self._tenant is None:
            return once_control(self._databases, statement, *values, meanwhile=meanwhile)
        return once(self._databases, self._tenant, statement, *values, meanwhile=meanwhile)


def runs(model: AnyOutbox) -> ColumnElement[bool]:
    """Whether nobody has stopped the mail's batch. The platform's own mail has none."""
    if model is not Outbox:
        return true()
    stopped = select(MailBatch.id).where(MailBatch.id == Outbox.batch_id, MailBatch.state != "running")
    return or_(Outbox.batch_id.is_(None), ~stopped.exists())


def pause_after(attempts: int, first: timedelta = timedelta(seconds=Settings.mail_first_pause)) -> timedelta:
    """One minute, two, four, … at most four hours: the attempts span about four days."""
    doubled: timedelta = first * 2 ** min(attempts - 1, 16)
    return min(doubled, _LONGEST_PAUSE)
