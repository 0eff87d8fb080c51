"""Interactions: a call, a meeting, a message, a letter; logged once, and found on the timeline.

Whoever wrote one down may change or delete it for a day; after that, who may delete customers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import contact_times, people, tasks, words
from customers.interaction_errors import (
    InteractionChanged,
    InteractionInvalid,
    InteractionIsSettled,
    InteractionKeyUsed,
    InteractionNotFound,
    InteractionWasWritten,
)
from customers.interaction_events import InteractionChanged as InteractionWasChanged
from customers.interaction_events import InteractionDeleted, InteractionLogged
from customers.models.interactions import CHANNELS, DIRECTIONS, WRITTEN, Interaction
from customers.models.people import Company, Person
from customers.revisions import revision_of, touch
from customers.values import Unfit
from infra import clock
from infra.events import record
from infra.i18n import N_
from infra.ids import new_id
from infra.pages import Page, bounded, decode_moment, encode_moment
from tenants import audit
from tenants.permissions import Actor

LONGEST: Mapping[str, int] = {"subject": 300, "summary": 2_000, "body": 200_000}
LARGEST_TRANSCRIPT = 200 * 1024
"""Bytes of a chat as JSON."""
WRITERS_TIME = timedelta(days=1)
ALWAYS = "customers.delete"
"""Who may do this may change and delete what anybody logged, at any time."""
CLOCKS_DIFFER = timedelta(minutes=5)
KEEP: Any = object()
"""Stands for "as it is" where None means something."""

CHOOSE = N_("Choose one of the list.")
NOT_YET = N_("This is in the future. Make a task of what is still to come.")
NOBODY = N_("Choose the customer or the company it was with.")
LARGE = N_("Use at most %(most)s kilobytes.")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is to be done after it, by whom, and until when."""

    what: str
    due_at: datetime
    owner_id: UUID


def log(
    session: Session,
    person: Person | None,
    *,
    channel: str,
    direction: str,
    summary: str,
    by: Actor,
    at: datetime | None = None,
    key: str | None = None,
    company: Company | None = None,
    source: str = "staff",
    subject: str = "",
    body: str = "",
    transcript: Sequence[Mapping[str, Any]] = (),
    attachments: Sequence[Mapping[str, Any]] = (),
    thread_id: UUID | None = None,
    staff_id: UUID | None = KEEP,
    automatic: bool = False,
    authentication: str | None = None,
    follow_up: FollowUp | None = None,
) -> Interaction:
    """One contact with a person, or with a company as a whole; what has this key already is found again.

    Of a mail, what cannot be stored is left out and what is too long is cut; elsewhere it is refused. Somebody who
    is a member of staff took part themselves unless `staff_id` says otherwise. Raises InteractionInvalid,
    InteractionKeyUsed, TaskInvalid.
    """
    moment = clock.now()
    texts = {"subject": subject, "summary": summary, "body": body, "transcript": transcript}
    said = {"channel": channel, "direction": direction, "at": at or moment, **texts}
    row = {
        **_with_whom(person, company),
        **_fit(said, cut=source == "mail"),
        **{"id": new_id(), "key": key or f"contact:{new_id().hex}", "thread_id": thread_id},
        **{"source": source, "automatic": automatic, "authentication": authentication},
        "attachments": [dict(each) for each in attachments],
        **{"created_at": moment, "updated_at": moment, "created_by": by.id},
        "staff_id": (by.id if by.kind == "staff" else None) if staff_id is KEEP else staff_id,
    }
    new = insert(Interaction).values(row).on_conflict_do_nothing(index_elements=[Interaction.key])
    if session.scalar(new.returning(Interaction.id)) is None:
        return _same(session, row)
    logged = session.get_one(Interaction, row["id"])
    _after(session, logged)
    if follow_up is not None:
        _follow(session, logged, follow_up, by)
    return logged


def _with_whom(person: Person | None, company: Company | None) -> dict[str, UUID | None]:
    if person is None:
        if company is None:
            raise InteractionInvalid(problems={"person_id": [NOBODY]})
        return {"person_id": None, "company_id": company.id}
    return {"person_id": person.id, "company_id": company.id if company is not None else person.company_id}


def change(
    session: Session, interaction: Interaction, *, by: Actor, revision: int | None = None, **given: Any
) -> Interaction:
    """Another channel, direction, time or words; what is not named stays.

    Raises InteractionIsSettled, InteractionWasWritten, InteractionChanged, InteractionInvalid.
    """
    interaction = held(session, interaction.id)
    require_hand(by, interaction)
    if interaction.key.startswith(WRITTEN):
        raise InteractionWasWritten()
    if revision is not None and revision != revision_of(interaction):
        raise InteractionChanged()
    fit = _fit(given, cut=False)
    changed = sorted(name for name, value in fit.items() if (getattr(interaction, name) or "") != (value or ""))
    if not changed:
        return interaction
    for name in changed:
        setattr(interaction, name, fit[name])
    note_change(session, interaction, changed, by=by)
    if "at" in changed and interaction.person_id is not None:
        people.touch_contact(session, interaction.person_id, interaction.at)
        contact_times.recount(session, people.ids_of(session, interaction.person_id))
    return interaction


def note_change(session: Session, interaction: Interaction, fields: Sequence[str], *, by: Actor) -> None:
    """What was set on it is a new state, recorded, and news for programs."""
    touch(interaction)
    session.flush()
    audit.record(session, "interaction.changed", by=by, subject=interaction.id, fields=list(fields))
    record(session, InteractionWasChanged(subject=interaction.id, **_about(interaction)))


def delete(session: Session, interaction: Interaction, *, by: Actor) -> None:
    """Takes it off the timeline for good; files that came by mail stay with that mail, others go.

    Raises InteractionIsSettled.
    """
    interaction = held(session, interaction.id)
    require_hand(by, interaction)
    session.delete(interaction)
    session.flush()
    audit.record(session, "interaction.deleted", by=by, subject=interaction.id)
    record(session, InteractionDeleted(subject=interaction.id, **_about(interaction)))
    if interaction.person_id is not None:
        contact_times.recount(session, people.ids_of(session, interaction.person_id))


def get(session: Session, interaction_id: UUID) -> Interaction:
    """The interaction. Raises InteractionNotFound."""
    found = session.get(Interaction, interaction_id)
    if found is None:
        raise InteractionNotFound()
    return found


def list_of(
    session: Session, person_ids: Sequence[UUID], *, after: str | None = None, limit: int = 50
) -> Page[Interaction]:
    """Those with a person, by all ids they ever had, newest first. Raises CursorInvalid."""
    size, cursor = bounded(limit), decode_moment(after)
    query = select(Interaction).where(Interaction.person_id.in_(person_ids))
    if cursor is not None:
        before, last = cursor
        query = query.where((Interaction.at < before) | ((Interaction.at == before) & (Interaction.id < last)))
    rows = session.scalars(query.order_by(Interaction.at.desc(), Interaction.id.desc()).limit(size + 1)).all()
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], encode_moment(rows[size - 1].at, rows[size - 1].id))


def in_hand(by: Actor, interaction: Interaction) -> bool:
    """Whether the one who acts may change it still."""
    mine = by.id is not None and interaction.created_by == by.id
    return by.may(ALWAYS) or (mine and clock.now() - interaction.created_at < WRITERS_TIME)


def require_hand(by: Actor, interaction: Interaction) -> None:
    """Raises InteractionIsSettled where it is no longer theirs to change."""
    if not in_hand(by, interaction):
        raise InteractionIsSettled()


def _same(session: Session, row: Mapping[str, Any]) -> Interaction:
    """What was logged under the key before, for who is the same person by now, perhaps after a merge."""
    found = session.scalars(select(Interaction).where(Interaction.key == row["key"])).one()
    if found.person_id == row["person_id"] and (found.person_id or found.company_id == row["company_id"]):
        return found
    ids = [each for each in (found.person_id, row["person_id"]) if each is not None]
    if len(ids) == 2 and len(set(people.canonical_ids(session, ids).values())) == 1:
        return found
    raise InteractionKeyUsed()


def _after(session: Session, logged: Interaction) -> None:
    """What follows from a contact: it is news, the person was last in contact now, and tasks have theirs."""
    record(
        session,
        InteractionLogged(subject=logged.id, channel=logged.channel, direction=logged.direction, **_about(logged)),
    )
    if logged.person_id is not None and not logged.automatic:
        people.touch_contact(session, logged.person_id, logged.at)
        contact_times.note_contact(session, people.ids_of(session, logged.person_id), logged.at)


def _follow(session: Session, logged: Interaction, wanted: FollowUp, by: Actor) -> None:
    tasks.add(
        session,
        what=wanted.what,
        due_at=wanted.due_at,
        owner_id=wanted.owner_id,
        person_id=logged.person_id,
        company_id=logged.company_id,
        source_ref=logged.id,
        key=f"follow-up:{logged.id.hex}",
        by=by,
    )


def _about(interaction: Interaction) -> dict[str, UUID | None]:
    return {"person": interaction.person_id, "company": interaction.company_id}


def held(session: Session, interaction_id: UUID) -> Interaction:
    """The interaction as it stands now, kept from others' changes. Raises InteractionNotFound."""
    get(session, interaction_id)
    return session.get_one(Interaction, interaction_id, with_for_update=True, populate_existing=True)


def _fit(given: Mapping[str, Any], *, cut: bool) -> dict[str, Any]:
    """What is stored of what was given. Raises InteractionInvalid with every problem at once."""
    done: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        try:
            done[name] = _fitted(name, value, cut)
        except Unfit as unfit:
            problems[name] = [unfit.sentence]
    if problems:
        raise InteractionInvalid(problems=problems)
    return done


def _fitted(name: str, value: Any, cut: bool) -> Any:
    if name in ("channel", "direction"):
        if value not in (CHANNELS if name == "channel" else DIRECTIONS):
            raise Unfit(CHOOSE)
        return value
    if name == "at":
        if value > clock.now() + CLOCKS_DIFFER:
            raise Unfit(NOT_YET)
        return value
    if name == "transcript":
        return _transcript(value)
    if cut:
        return words.fitted(value, LONGEST[name]) or ("" if name == "summary" else None)
    return words.text(value, LONGEST[name], required=name == "summary") or None


def _transcript(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a chat, each with who and text, and when where that is known."""
    done = [
        {
            "who": words.text(line["who"], 200, required=True),
            "at": line["at"].isoformat() if line.get("at") else None,
            "text": words.text(line["text"], LARGEST_TRANSCRIPT),
        }
        for line in lines
    ]
    if len(json.dumps(done, ensure_ascii=False).encode()) > LARGEST_TRANSCRIPT:
        raise Unfit(LARGE, most=LARGEST_TRANSCRIPT // 1024)
    return done
