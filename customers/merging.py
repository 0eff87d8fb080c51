"""Two customers who are one: merged with a choice for each value, found under both ids, and taken apart again.

The one that stays keeps its id; rows of other tables keep the id they were written under, and reads ask
`people.ids_of`. What both were before is kept under each one's own key, so that taking a merge back within 30 days
restores both, and says which later changes stay with the one that was kept.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from customers import events, mailboxes, merge_images, tokens
from customers.errors import ExternalIdTaken, PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver, SamePerson
from customers.merge_images import KEPT, MERGED, UNDO_FOR, may_undo
from customers.models import Duplicate, Merge, Person
from customers.revisions import touch
from customers.unique import refused_as
from infra import clock
from infra.crypto.ambient import current_keys
from infra.db import current_tenant
from infra.events import record
from infra.ids import new_id
from tenants import audit
from tenants.permissions import Actor

IDENTITY = ("name", "email", "phone")
FRAME = ("external_id", "company_id", "language", "zone")
FIELDS = (*IDENTITY, *FRAME)
SCORES = ("nps", "csat", "ces", "scored_at")


def defaults(kept: Person, merged: Person) -> dict[str, str]:
    """By field whose value to take: the kept one's, unless it has none. Attributes stand as `attributes.<code>`."""
    return merge_images.defaults(image(kept), image(merged), FIELDS)


def merge(
    session: Session, kept_id: UUID, merged_id: UUID, *, by: Actor, choices: Mapping[str, str] | None = None
) -> Merge:
    """Makes `merged_id` a part of `kept_id`. `choices` says by field `kept` or `merged`; the rest is `defaults`.

    Merging the same two again does nothing. Raises PersonNotFound, SamePerson, AlreadyMerged.
    """
    if kept_id == merged_id:
        raise SamePerson()
    kept, merged = _both(session, kept_id, merged_id)
    there = merge_images.done_before(session, kept, merged)
    if there is not None:
        return there
    wanted = merge_images.chosen(defaults(kept, merged), choices)
    before, beside = image(kept), image(merged)
    merged.merged_into = kept.id
    session.flush()  # an external id is free for the kept one from now on
    _take(kept, before, beside, wanted)
    touch(kept)
    touch(merged)
    with refused_as(session, "uq_people_external_id", ExternalIdTaken):
        session.flush()
    made = Merge(
        id=new_id(),
        kept_id=kept.id,
        merged_id=merged.id,
        kept_before=json.dumps(before),
        kept_after=json.dumps(image(kept)),
        merged_before=json.dumps(beside),
        choices=wanted,
        by=by.id,
    )
    session.add(made)
    session.flush()
    if mailboxes.is_another(before["email"], kept.identity.email):
        mailboxes.lost(session, [kept.id], by=by)
    _forget_pairs(session, merged.id)
    record(session, events.PersonMerged(subject=merged.id, into=kept.id))
    audit.record(session, "person.merged", by=by, subject=kept.id, merged=merged.id)
    return made


def unmerge(session: Session, merge_id: UUID, *, by: Actor) -> tuple[Merge, list[str]]:
    """Takes a merge back: both are as before. Answers the fields that somebody changed since, which stay with the
    kept one. Twice does it once. Raises PersonNotFound, MergeOver, AlreadyMerged when later merges stand on it.
    """
    made = get(session, merge_id)
    kept, merged = _both(session, made.kept_id, made.merged_id)
    if not merge_images.check_undo(session, made, kept):
        return made, []
    was, became, now = json.loads(made.kept_before or "{}"), json.loads(made.kept_after or "{}"), image(kept)
    stays = merge_images.changed_since(became, now, FIELDS)
    for name in merge_images.names(FIELDS, was, became):
        if name not in stays:
            _put(kept, name, merge_images.of(was, name))
    _restore_scores(kept, was, became)
    _retoken(kept)
    kept.updated_at = max(clock.now(), kept.updated_at) if stays else datetime.fromisoformat(was["updated_at"])
    session.flush()  # the external id goes back before its owner needs it
    merged.merged_into = None
    _put_back(merged, json.loads(made.merged_before or "{}"))
    with refused_as(session, "uq_people_external_id", ExternalIdTaken):
        session.flush()
    made.undone_at, made.undone_by = clock.now(), by.id
    mailboxes.lost(session, [kept.id], by=by, since=None if _has_left(now, kept) else made.at)
    record(session, events.PersonUnmerged(subject=merged.id, out_of=kept.id))
    audit.record(session, "person.unmerged", by=by, subject=kept.id, merged=merged.id)
    return made, stays


def get(session: Session, merge_id: UUID) -> Merge:
    """Raises PersonNotFound."""
    return merge_images.get(session, merge_id, "person")


def list_merges(session: Session, kept: Person) -> Sequence[Merge]:
    """What was merged into somebody and stands, newest first."""
    return merge_images.list_of(session, kept.id)


def image(person: Person) -> dict[str, Any]:
    """Everything of a person that a merge may change, as JSON takes it."""
    found: dict[str, Any] = {field: merge_images.plain(_value(person, field)) for field in (*FIELDS, *SCORES)}
    contact = merge_images.plain(person.last_contact_at)
    return {
        **found,
        "attributes": dict(person.attributes),
        "last_contact_at": contact,
        "updated_at": merge_images.plain(person.updated_at),
    }


def _both(session: Session, kept_id: UUID, merged_id: UUID) -> tuple[Person, Person]:
    """Both under locks, taken in the order of their ids, so that two merges of the same wait for each other."""
    query = select(Person).where(Person.id.in_((kept_id, merged_id))).order_by(Person.id)
    held = query.with_for_update(of=Person).execution_options(populate_existing=True)
    found = {person.id: person for person in session.scalars(held)}
    if len(found) < 2 or any(person.erased_at is not None for person in found.values()):
        raise PersonNotFound()
    return found[kept_id], found[merged_id]


def _take(kept: Person, before: Mapping[str, Any], beside: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    for name, value in merge_images.taken(beside, wanted, FIELDS):
        _put(kept, name, value)
    if (beside["scored_at"] or "") > (before["scored_at"] or ""):
        for score in SCORES:
            if beside[score] is not None:
                _put(kept, score, beside[score])
    if (beside["last_contact_at"] or "") > (before["last_contact_at"] or ""):
        kept.last_contact_at = datetime.fromisoformat(beside["last_contact_at"])
    _retoken(kept)


def _restore_scores(kept: Person, was: Mapping[str, Any], became: Mapping[str, Any]) -> None:
    """Scores and the last contact go back unless something newer came since."""
    now = image(kept)
    if all(now[score] == became[score] for score in SCORES):
        for score in SCORES:
            _put(kept, score, was[score])
    if now["last_contact_at"] == became["last_contact_at"]:
        kept.last_contact_at = datetime.fromisoformat(was["last_contact_at"]) if was["last_contact_at"] else None


def _put_back(merged: Person, was: Mapping[str, Any]) -> None:
    """Only their address may have changed meanwhile: with that of the one they were a part of."""
    if merged.identity.email != was["email"]:
        merged.identity.email = was["email"]
        _retoken(merged)
    merged.updated_at = datetime.fromisoformat(was["updated_at"])


def _has_left(then: Mapping[str, Any], kept: Person) -> bool:
    return mailboxes.is_another(then["email"], kept.identity.email)


def _retoken(person: Person) -> None:
    cipher, identity = current_keys().for_tenant(current_tenant()), person.identity
    identity.tokens = tokens.of(cipher, identity.name, identity.email, identity.phone)


def _put(person: Person, name: str, value: Any) -> None:
    if name in IDENTITY:
        setattr(person.identity, name, value)
    elif name.startswith("attributes."):
        person.attributes = merge_images.with_attribute(person.attributes, name, value)
    elif name == "company_id":
        person.company_id = UUID(value) if value else None
    elif name == "scored_at":
        person.scored_at = datetime.fromisoformat(value) if value else None
    else:
        setattr(person, name, value)


def _value(person: Person, field: str) -> Any:
    return getattr(person.identity if field in IDENTITY else person, field)


def _forget_pairs(session: Session, merged_id: UUID) -> None:
    pairs = delete(Duplicate).where(or_(Duplicate.one_id == merged_id, Duplicate.other_id == merged_id))
    session.execute(pairs.where(Duplicate.dismissed_at.is_(None)).execution_options(synchronize_session=False))


__all__ = [
    "KEPT",
    "MERGED",
    "UNDO_FOR",
    "AlreadyMerged",
    "MergeOver",
    "SamePerson",
    "defaults",
    "may_undo",
    "merge",
    "unmerge",
]
