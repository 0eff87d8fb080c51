"""Telling the owner of tasks by mail that they are due: once, all that are due at one time in one mail."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from customers.models.tasks import OPEN, UNREMINDED, Task
from infra import clock, links
from infra.i18n import format_moment, ngettext, use
from infra.jobs.declared import job
from infra.mail import outbox
from infra.mail.letters import Brand, write
from infra.mail.purposes import Message, OutgoingMail, Renderer
from tenants import branding
from tenants.domains import claims
from tenants.models import StaffMember

FLAG = "task_reminders"
DUE_MAIL = "tasks.due"
MOST = 1_000
"""Tasks of one run; the sweep comes back for more."""
SHOWN = 20
"""Tasks that one mail names; of the others it says how many."""
LETTERS = 120
"""Of a task in a mail."""


def next_at(session: Session) -> datetime | None:
    """When the next task is due whose owner has not been told."""
    return session.scalar(select(func.min(Task.due_at)).where(text(UNREMINDED)))


@job()
def remind(session: Session) -> None:
    """Asks for the mails that are due. Safe to run twice: a task is marked in the transaction that asks."""
    moment = clock.now()
    due = select(Task).where(text(UNREMINDED), Task.due_at <= moment).order_by(Task.due_at).limit(MOST)
    found = session.scalars(due.with_for_update(skip_locked=True)).all()
    for task in found:
        task.reminded_at = moment
    for owner_id in sorted({task.owner_id for task in found}):
        member = session.get(StaffMember, owner_id)
        if member is not None and member.deactivated_at is None:
            language = member.locale or branding.get_settings(session).default_locale
            outbox.send(session, DUE_MAIL, ref=owner_id, key=_key(owner_id, moment), locale=language)


def due(session: Session, mail: OutgoingMail) -> Message | None:
    """None when everything was done or handed on meanwhile, or the owner has left."""
    member = session.get(StaffMember, mail.ref)
    if member is None or member.deactivated_at is not None or mail.tenant is None:
        return None
    found = _told(session, mail)
    if not found:
        return None
    settings, home = branding.get_settings(session), claims.home(session)
    count = len(found)
    with use(mail.locale, member.zone or settings.zone):
        lines = tuple(
            (
                task.what if len(task.what) <= LETTERS else task.what[: LETTERS - 1] + "…",
                format_moment(task.due_at),
                links.tenant_url(mail.settings, home, f"/console/tasks/{task.id}"),
            )
            for task in found[:SHOWN]
        )
        return write(
            mail,
            "customers/mail/tasks_due",
            to=member.email,
            to_name=member.name,
            subject=ngettext("A task is due", "%(count)s tasks are due", count, count=count),
            brand=Brand(accent=settings.accent),
            fields={
                "name": member.name,
                "workspace": mail.workspace,
                "link": links.tenant_url(mail.settings, home, "/console/tasks"),
            },
            tasks=lines,
            more=max(0, count - SHOWN),
        )


def _key(owner_id: UUID, moment: datetime) -> str:
    return f"tasks_due:{owner_id.hex}:{moment.isoformat()}"


def _told(session: Session, mail: OutgoingMail) -> list[Task]:
    """What was due when the mail was asked for, and still waits for the same owner."""
    moment = datetime.fromisoformat(mail.key.split(":", 2)[2])
    at = Task.reminded_at.between(moment - timedelta(microseconds=1), moment + timedelta(microseconds=1))
    query = select(Task).where(Task.owner_id == mail.ref, at, text(OPEN)).order_by(Task.due_at, Task.id)
    return list(session.scalars(query))


PURPOSES: Mapping[str, Renderer] = {DUE_MAIL: due}
