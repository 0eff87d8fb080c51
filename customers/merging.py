"""Two customers who are one: merged with a choice for each value, found under both ids, and taken apart again.

The one that stays keeps its id; rows of other tables keep the id they were written under, and reads ask
`people.ids_of`. What both were before is kept under each one's own key, so that taking a merge back within 30 days
restores both, and says which later changes stay with the one that was kept.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from customers import events, tokens
from customers.errors import ExternalIdTaken, PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver, SamePerson
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
KEPT, MERGED = "kept", "merged"
UNDO_FOR = timedelta(days=30)


def defaults(kept: Person, merged: Person) -> dict[str, str]:
    """By field whose value to take: the kept one's, unless it has none. Attributes stand as `attributes.<code>`."""
    chosen = {field: KEPT if _value(kept, field) or not _value(merged, field) else MERGED for field in FIELDS}
    codes = sorted({*kept.attributes, *merged.attributes})
    return chosen | {f"attributes.{code}": KEPT if code in kept.attributes else MERGED for code in codes}


def merge(
    session: Session, kept_id: UUID, merged_id: UUID, *, by: Actor, choices: Mapping[str, str] | None = None
) -> Merge:
    """Makes `merged_id` a part of `kept_id`. `choices` says by field `kept` or `merged`; the rest is `defaults`.

    Merging the same two again does nothing. Raises PersonNotFound, SamePerson, AlreadyMerged.
    """
    if kept_id == merged_id:
        raise SamePerson()
    kept, merged = _both(session, kept_id, merged_id)
    if merged.merged_into is not None:
        there = _standing(session, merged.id)
        if there is not None and there.kept_id == kept.id:
            return there
        raise AlreadyMerged()
    if kept.merged_into is not None:
        raise AlreadyMerged()
    wanted = defaults(kept, merged) | {
        name: each for name, each in (choices or {}).items() if each in (KEPT, MERGED)
    }
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
    session.refresh(made, with_for_update=True)
    if made.undone_at is not None:
        return made, []
    if made.at < clock.now() - UNDO_FOR:
        raise MergeOver()
    if kept.merged_into is not None or _later(session, made):
        raise AlreadyMerged()
    was, became, now = json.loads(made.kept_before or "{}"), json.loads(made.kept_after or "{}"), image(kept)
    stays = [name for name in _names(became, now) if _of(became, name) != _of(now, name)]
    for name in _names(was, became):
        if name not in stays:
            _put(kept, name, _of(was, name))
    _restore_scores(kept, was, became)
    _retoken(kept)
    kept.updated_at = max(clock.now(), kept.updated_at) if stays else datetime.fromisoformat(was["updated_at"])
    session.flush()  # the external id goes back before its owner needs it
    merged.merged_into = None
    merged.updated_at = datetime.fromisoformat(json.loads(made.merged_before or "{}")["updated_at"])
    with refused_as(session, "uq_people_external_id", ExternalIdTaken):
        session.flush()
    made.undone_at, made.undone_by = clock.now(), by.id
    record(session, events.PersonUnmerged(subject=merged.id, out_of=kept.id))
    audit.record(session, "person.unmerged", by=by, subject=kept.id, merged=merged.id)
    return made, stays


def get(session: Session, merge_id: UUID) -> Merge:
    """Raises PersonNotFound."""
    found = session.get(Merge, merge_id)
    if found is None:
        raise PersonNotFound()
    return found


def list_merges(session: Session, kept: Person) -> Sequence[Merge]:
    """What was merged into somebody and stands, newest first."""
    query = select(Merge).where(Merge.kept_id == kept.id, Merge.undone_at.is_(None))
    return session.scalars(query.order_by(Merge.id.desc())).all()


def may_undo(made: Merge) -> bool:
    """Whether its time is not over."""
    return made.undone_at is None and made.at > clock.now() - UNDO_FOR


def image(person: Person) -> dict[str, Any]:
    """Everything of a person that a merge may change, as JSON takes it."""
    found: dict[str, Any] = {field: _plain(_value(person, field)) for field in (*FIELDS, *SCORES)}
    contact = _plain(person.last_contact_at)
    return {
        **found,
        "attributes": dict(person.attributes),
        "last_contact_at": contact,
        "updated_at": _plain(person.updated_at),
    }


def _both(session: Session, kept_id: UUID, merged_id: UUID) -> tuple[Person, Person]:
    """Both under locks, taken in the order of their ids, so that two merges of the same wait for each other."""
    query = select(Person).where(Person.id.in_((kept_id, merged_id))).order_by(Person.id)
    held = query.with_for_update(of=Person).execution_options(populate_existing=True)
    found = {person.id: person for person in session.scalars(held)}
    if len(found) < 2 or any(person.erased_at is not None for person in found.values()):
        raise PersonNotFound()
    return found[kept_id], found[merged_id]


def _standing(session: Session, merged_id: UUID) -> Merge | None:
    return session.scalars(
        select(Merge).where(Merge.merged_id == merged_id, Merge.undone_at.is_(None))
    ).one_or_none()


def _later(session: Session, made: Merge) -> bool:
    """Whether somebody was merged into the kept one after it, and still is: that one is taken back first."""
    query = select(func.count()).select_from(Merge)
    later = query.where(Merge.kept_id == made.kept_id, Merge.id > made.id, Merge.undone_at.is_(None))
    return bool(session.scalar(later))


def _take(kept: Person, before: Mapping[str, Any], beside: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    for name, whose in wanted.items():
        if whose == MERGED and (name in FIELDS or name.startswith("attributes.")):
            _put(kept, name, _of(beside, name))
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


def _retoken(person: Person) -> None:
    cipher, identity = current_keys().for_tenant(current_tenant()), person.identity
    identity.tokens = tokens.of(cipher, identity.name, identity.email, identity.phone)


def _names(*images: Mapping[str, Any]) -> list[str]:
    codes = sorted({code for each in images for code in each["attributes"]})
    return [*FIELDS, *(f"attributes.{code}" for code in codes)]


def _of(found: Mapping[str, Any], name: str) -> Any:
    return (
        found["attributes"].get(name.removeprefix("attributes.")) if name.startswith("attributes.") else found[name]
    )


def _put(person: Person, name: str, value: Any) -> None:
    if name in IDENTITY:
        setattr(person.identity, name, value)
    elif name.startswith("attributes."):
        rest = {code: each for code, each in person.attributes.items() if code != name.removeprefix("attributes.")}
        person.attributes = rest if value is None else {**rest, name.removeprefix("attributes."): value}
    elif name == "company_id":
        person.company_id = UUID(value) if value else None
    elif name == "scored_at":
        person.scored_at = datetime.fromisoformat(value) if value else None
    else:
        setattr(person, name, value)


def _value(person: Person, field: str) -> Any:
    return getattr(person.identity if field in IDENTITY else person, field)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _forget_pairs(session: Session, merged_id: UUID) -> None:
    pairs = delete(Duplicate).where(or_(Duplicate.one_id == merged_id, Duplicate.other_id == merged_id))
    session.execute(pairs.where(Duplicate.dismissed_at.is_(None)).execution_options(synchronize_session=False))


__all__ = ["AlreadyMerged", "MergeOver", "SamePerson", "defaults", "merge", "unmerge"]
