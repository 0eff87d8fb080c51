"""What the register itself tells on the timeline: who was added, contacts, tasks, consents, and what was sent."""

from collections.abc import Sequence

from sqlalchemy import func, literal, or_

from customers.models.bounces import Bounce
from customers.models.consent import Consent
from customers.models.contact import Contact, Suppression
from customers.models.interactions import WRITTEN, Interaction
from customers.models.merges import Merge
from customers.models.people import Identity, Person
from customers.models.tasks import Task
from customers.timeline import About, Narrowed, Selected, Source, entries, fitting
from infra.i18n import N_

CAME_BACK = ("hard", "soft", "complaint", "unknown")
"""Kinds of reports that somebody should know of; replies stand as contacts."""
BEGINNING = 600
"""Letters of a summary that a timeline shows."""


def interactions(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """Calls, meetings, chats, messages, letters and mails."""
    row = Interaction
    selected = entries(
        "interaction",
        row.at,
        row.id,
        row.person_id,
        channel=row.channel,
        direction=row.direction,
        subject=row.subject,
        summary=func.left(row.summary, BEGINNING),
        staff=row.staff_id,
        source=row.source,
        automatic=row.automatic,
        authentication=row.authentication,
        files=func.jsonb_array_length(row.attachments),
        lines=func.jsonb_array_length(row.transcript),
        contact=func.nullif(func.split_part(row.key, WRITTEN, 2), ""),
    ).where(about.of(row.person_id, row.company_id))
    return fitting(selected, wanted, channel=row.channel, direction=row.direction, staff=row.staff_id)


def tasks(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """A task when it was made, and again when it was over."""
    row, mine = Task, about.of(Task.person_id, Task.company_id)
    made = entries(
        "task",
        row.created_at,
        row.id,
        row.person_id,
        what=row.what,
        state=row.state,
        staff=row.owner_id,
        source=row.source,
        due=row.due_at,
    ).where(mine)
    ended = entries(
        "task_ended",
        row.ended_at,
        row.id,
        row.person_id,
        what=row.what,
        state=row.state,
        outcome=row.outcome,
        note=row.note,
        staff=row.ended_by,
    ).where(mine, row.ended_at.is_not(None))
    return [*fitting(made, wanted, staff=row.owner_id), *fitting(ended, wanted, staff=row.ended_by)]


def consents(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """What somebody agreed to or withdrew, in their own name or through staff."""
    row = Consent
    selected = entries(
        "consent",
        row.at,
        row.id,
        row.person_id,
        purpose=row.purpose,
        channel=row.channel,
        topic=row.topic,
        state=row.state,
        source=row.source,
        staff=row.by_id,
    ).where(about.of(row.person_id))
    return fitting(selected, wanted, channel=row.channel, staff=row.by_id)


def contacts(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """Messages of ours: asked for, refused at the door, or cancelled before they went out.

    What somebody wrote by hand and the door let in stands as an interaction, with its words.
    """
    row = Contact
    told = or_(~row.key.startswith("message:"), row.state == "refused")
    selected = entries(
        "contact",
        row.due_at,
        row.id,
        row.person_id,
        purpose=row.purpose,
        channel=row.channel,
        topic=row.topic,
        state=row.state,
        reason=row.reason,
        reminder=row.reminder,
        about=row.ref_id,
    ).where(about.of(row.person_id), told)
    return fitting(selected, wanted, channel=row.channel, direction=literal("out"))


def returned(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """Mail of ours that came back, and since when an address is not written to, or is again; whoever has it."""
    if wanted.direction or wanted.channel not in ("", "email"):
        return []
    row = Bounce
    told = {"reason": row.kind, "status": row.status, "proof": row.proof, "suppressed": row.suppressed}
    came = entries("bounce", row.at, row.id, row.person_id, **told)
    came = came.where(about.of(row.person_id), row.kind.in_(CAME_BACK))
    address = Suppression
    said = {"reason": address.kind, "source": address.source}
    theirs, mine = Identity.email_index == address.email_index, about.of(Identity.id)
    stopped = entries("suppression", address.at, address.id, Identity.id, **said, lifted=False, staff=address.by_id)
    lifted = entries(
        "suppression", address.lifted_at, address.id, Identity.id, **said, lifted=True, staff=address.lifted_by
    )
    stopped = stopped.select_from(Identity).join(address, theirs).where(mine)
    lifted = lifted.select_from(Identity).join(address, theirs).where(mine, address.lifted_at.is_not(None))
    if wanted.staff_id is not None:
        return [
            stopped.where(address.by_id == wanted.staff_id),
            lifted.where(address.lifted_by == wanted.staff_id),
        ]
    return [came, stopped, lifted]


def people(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """When somebody came into the register; of those who were merged, each."""
    row = Person
    selected = entries("person", row.created_at, row.id, row.id, source=row.source, staff=row.created_by)
    selected = selected.where(about.of(row.id), row.erased_at.is_(None))
    return fitting(selected, wanted, staff=row.created_by)


def merges(about: About, wanted: Narrowed) -> Sequence[Selected]:
    """When two turned out to be one, and when that was taken back."""
    row = Merge
    mine = about.of(row.kept_id)
    made = entries("merge", row.at, row.id, row.kept_id, undone=False, staff=row.by).where(mine)
    undone = entries("merge", row.undone_at, row.id, row.kept_id, undone=True, staff=row.undone_by)
    undone = undone.where(mine, row.undone_at.is_not(None))
    return [*fitting(made, wanted, staff=row.by), *fitting(undone, wanted, staff=row.undone_by)]


READ = "customers.read"

SOURCES = (
    Source("interaction", N_("Contacts"), READ, interactions),
    Source("task", N_("Tasks"), READ, tasks),
    Source("contact", N_("Messages sent"), READ, contacts),
    Source("consent", N_("Consent"), READ, consents),
    Source("returned", N_("Returned mail"), READ, returned),
    Source("merge", N_("Merges"), READ, merges),
    Source("person", N_("Register"), READ, people),
)
