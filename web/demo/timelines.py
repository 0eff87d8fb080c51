"""What Acme's customers and its staff said to one another, and what is still to be done for them.

A tenth have stories, most others one contact that settled what it was about.

Rows have fixed ids and keys, so that a run that was stopped is taken up where it was. Who wrote in the bad month
had trouble with a parcel; the last contact of everybody is the one that the register knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers.models import Interaction, Person, Task
from infra.db import TenantRef
from infra.services import Services
from web.demo import customers
from web.demo.people import COLLEAGUES
from web.demo.plan import SEED, SPACE
from web.demo.story import Story
from web.demo.texts.contacts import ONCE, TALES, Tale, Told

EVERY = 10
"""One customer in so many has stories to tell."""
CHUNK = 500
WITH_TASK = 0.5
WORKERS = tuple(colleague.id for colleague in COLLEAGUES[:3])
FRESH = timedelta(days=9)
"""What began within so many days before the end is still to be done."""
PROMISED = timedelta(days=2)
"""Within how long Acme wants to be back in contact."""

Rows = dict[str, list[dict[str, Any]]]


def fill(services: Services, tenant: TenantRef, story: Story, scale: float) -> int:
    """Adds what is not there yet; answers how many contacts were told."""
    everybody = enumerate(customers.everybody(story, customers.count_at(scale)))
    told = 0
    while chunk := list(islice(everybody, CHUNK)):
        rows: Rows = {"contacts": [], "tasks": [], "last": []}
        for index, row in chunk:
            has_stories = index % EVERY == 0 and _tell(rows, story, index, row)
            if not has_stories and row["last_contact_at"] is not None:
                rows["contacts"].append(_once(index, row))
        with services.db.tenant_session(tenant) as session:
            _store(session, rows)
        told += len(rows["contacts"])
    return told


def _store(session: Session, rows: Rows) -> None:
    if rows["contacts"]:
        session.execute(insert(Interaction).on_conflict_do_nothing(), rows["contacts"])
    if rows["tasks"]:
        session.execute(insert(Task).on_conflict_do_nothing(), rows["tasks"])
    if rows["last"]:
        session.execute(update(Person), rows["last"])


def _tell(rows: Rows, story: Story, index: int, customer: Mapping[str, Any]) -> bool:
    """One to three stories of a customer, oldest first; False when none of them has come to a contact yet."""
    chance = Random(f"{SEED} contacts {index}")
    for number, begin in enumerate(_beginnings(chance, story, customer)):
        tale = _chosen(chance, story, customer, begin)
        colleague = chance.choice(WORKERS)
        moments = list(_moments(chance, tale, begin, story.end))
        is_waiting = story.end - begin < FRESH and chance.random() < 0.7
        heard = 1 if is_waiting else len(moments)
        has_task = is_waiting or chance.random() < WITH_TASK
        for place, at in enumerate(moments[:heard]):
            name = f"{index}:{number}:{place}"
            rows["contacts"].append(_contact(customer, tale.contacts[place], at, colleague, name))
        if has_task:
            first = moments[1] if heard > 1 else None
            rows["tasks"].append(_task(customer, tale, (begin, first, story.end), colleague, f"{index}:{number}"))
    mine = [row["at"] for row in rows["contacts"] if row["person_id"] == customer["id"]]
    if mine:
        rows["last"].append({"id": customer["id"], "last_contact_at": max(mine)})
    return bool(mine)


def _beginnings(chance: Random, story: Story, customer: Mapping[str, Any]) -> Sequence[datetime]:
    """When the stories begin; one in eight has one that has only just begun, and some fall into the bad month."""
    since: datetime = customer["created_at"]
    found = [since + (story.end - since) * chance.random() for _ in range(chance.choice((1, 1, 2)))]
    bad = story.at(story.trouble[0], 9) + timedelta(days=chance.randrange(28), hours=chance.randrange(9))
    if since < bad and chance.random() < 0.4:
        found.append(bad)
    if chance.random() < 0.12:
        found.append(story.end - timedelta(hours=chance.randrange(3, 200)))
    return sorted(at for at in found if since <= at < story.end)


def _chosen(chance: Random, story: Story, customer: Mapping[str, Any], at: datetime) -> Tale:
    tales = TALES[customer["language"]]
    first, last = story.trouble
    if first <= at.date() <= last:
        return chance.choice(tales["trouble"])
    return chance.choice(tales["business" if customer["company_id"] else "shop"])


def _moments(chance: Random, tale: Tale, begin: datetime, end: datetime) -> Iterator[datetime]:
    """When each contact takes place, never after the end."""
    at = begin
    for told in tale.contacts:
        at += timedelta(hours=told.hours * (0.4 + chance.random()), minutes=chance.randrange(50))
        if at >= end:
            return
        yield at


def _once(index: int, customer: Mapping[str, Any]) -> dict[str, Any]:
    """The one contact of somebody without a story."""
    chance = Random(f"{SEED} once {index}")
    told = chance.choice(ONCE[customer["language"]])
    return _contact(customer, told, customer["last_contact_at"], chance.choice(WORKERS), f"{index}:once")


def _contact(customer: Mapping[str, Any], told: Told, at: datetime, colleague: UUID, name: str) -> dict[str, Any]:
    came_by = "mail" if (told.channel, told.direction) == ("email", "in") else "staff"
    source = "api" if told.channel == "chat" else came_by
    return {
        "id": uuid5(SPACE, f"contact {name}"),
        "person_id": customer["id"],
        "company_id": customer["company_id"],
        "channel": told.channel,
        "direction": told.direction,
        "at": at,
        "summary": told.words,
        "transcript": [],
        "attachments": [],
        "staff_id": colleague if source == "staff" else None,
        "source": source,
        "automatic": False,
        "key": f"demo:{name}",
        "created_at": at,
        "updated_at": at,
        "created_by": colleague if source == "staff" else None,
    }


def _task(
    customer: Mapping[str, Any],
    tale: Tale,
    times: tuple[datetime, datetime | None, datetime],
    colleague: UUID,
    name: str,
) -> dict[str, Any]:
    """Made when the story began; over when the customer was called back."""
    begin, first, end = times
    due = begin + PROMISED
    return {
        "id": uuid5(SPACE, f"task {name}"),
        "person_id": customer["id"],
        "company_id": customer["company_id"],
        "what": tale.task,
        "owner_id": colleague,
        "due_at": due,
        "source": "staff",
        "source_ref": uuid5(SPACE, f"contact {name}:0"),
        "state": "done" if first else "open",
        "outcome": ("solved" if len(tale.contacts) > 2 else "reached") if first else None,
        "key": f"demo:{name}",
        "first_contact_at": first,
        "reminded_at": due if due < end else None,
        "created_at": begin,
        "created_by": colleague,
        "updated_at": first or begin,
        "ended_at": first,
        "ended_by": colleague if first else None,
    }
