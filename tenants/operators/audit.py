"""The record of what operators did, in the transaction of the deed. The database lets nobody change it.

It is not sealed as the tenants' logs are; each deed is a line of the log besides (docs/decisions/056).
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db.after_commit import after_commit
from infra.i18n import N_
from infra.ids import first_id_at, new_id
from tenants.operators.models import OperatorEntry
from tenants.permissions import Actor

# fmt: off
KINDS: dict[str, str] = {
    "operator.added":            N_("Operator added"),
    "operator.reset":            N_("Operator given a new set-up link"),
    "operator.disabled":         N_("Operator disabled"),
    "operator.set_up":           N_("Account set up"),
    "operator.signed_in":        N_("Signed in"),
    "operator.signed_out":       N_("Signed out"),
    "operator.code_refused":     N_("A wrong second-factor code"),
    "operator.password_refused": N_("A wrong password"),
    "operator.tries_stopped":   N_("Tries refused, because there were too many"),
    "operator.password_changed": N_("Password changed"),
    "operator.codes_renewed":    N_("Recovery codes renewed"),
    "operator.sessions_ended":   N_("Signed out elsewhere"),
    "tenant.suspended":          N_("Workspace suspended"),
    "tenant.reopened":           N_("Workspace reopened"),
    "tenant.looked_at":          N_("Workspace looked at"),
    "cell.changed":              N_("Cell changed"),
    "job.retried":               N_("Failed job sent again"),
    "jobs.retried":              N_("Failed jobs of a kind sent again"),
    "delivery.retried":          N_("Failed delivery put back"),
    "deliveries.retried":        N_("Failed deliveries of a kind put back"),
    "migrations.asked":          N_("Migrations asked for"),
    "migrations.ended":          N_("Migrations ended"),
    "abuse.decided":             N_("Report of abuse decided"),
    "support.opened":            N_("Workspace opened on a support grant"),
    "support.entered":           N_("Entered a workspace"),
    "support.viewed":            N_("Looked at a page of a workspace"),
    "support.acted":             N_("Did something in a workspace"),
    "support.left":              N_("Left a workspace"),
}
"""Every kind of entry with what it says to a person."""
# fmt: on

PAGE = 50

log = logging.getLogger(__name__)


def record(
    session: Session,
    action: str,
    *,
    by: Actor | None,
    tenant: UUID | None = None,
    subject: UUID | None = None,
    **data: object,
) -> None:
    """Notes a deed. `by` None is the command line. `data` holds ids, codes and numbers, never personal data.

    Once it is committed it is a line of the log too, by ids: a witness outside of the database.
    """
    if action not in KINDS:
        raise ValueError(f"{action} is no kind of operators' entry")
    entry = OperatorEntry(
        id=new_id(),
        operator_id=by.id if by else None,
        action=action,
        tenant_id=tenant,
        subject_id=subject,
        data={name: str(value) if isinstance(value, UUID) else value for name, value in data.items()},
    )
    session.add(entry)
    named = {"operator": entry.operator_id, "tenant": tenant, "subject": subject, "entry": entry.id}
    line = {"action": action, **{name: str(found) for name, found in named.items() if found is not None}}
    after_commit(session, lambda: log.info("operator's deed", extra=line))


def is_recorded(session: Session, action: str, *, subject: UUID | None, within: timedelta) -> bool:
    """Whether such a deed to this subject (None: to nobody known) was noted within so long a time."""
    found = exists().where(
        OperatorEntry.id >= first_id_at(now() - within),
        OperatorEntry.action == action,
        OperatorEntry.subject_id.is_not_distinct_from(subject),
    )
    return bool(session.scalar(select(found)))


def list_entries(
    session: Session,
    *,
    tenant: UUID | None = None,
    operator: UUID | None = None,
    action: str = "",
    before: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[OperatorEntry]:
    """The newest entries that fit, before the one with the id `before`."""
    query = select(OperatorEntry).order_by(OperatorEntry.id.desc()).limit(limit)
    for column, wanted in (
        (OperatorEntry.tenant_id, tenant),
        (OperatorEntry.operator_id, operator),
        (OperatorEntry.action, action or None),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(OperatorEntry.id < before)
    return session.scalars(query).all()
