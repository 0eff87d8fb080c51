"""What merges of people and of companies share: images of both, a choice for each value, and the way back.

An image is everything of a row that a merge may change, as JSON takes it; attributes stand under `attributes` and
are named `attributes.<code>`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers.errors import PersonNotFound
from customers.merge_errors import AlreadyMerged, MergeOver
from customers.models import Company, Merge, Person
from infra import clock
from infra.errors import NotFound

Image = Mapping[str, Any]

Mergeable = Person | Company

KEPT, MERGED = "kept", "merged"
UNDO_FOR = timedelta(days=30)
PREFIX = "attributes."


def defaults(kept: Image, merged: Image, fields: Sequence[str]) -> dict[str, str]:
    """By name whose value to take: the kept one's, unless it has none."""
    chosen = {field: KEPT if kept[field] or not merged[field] else MERGED for field in fields}
    codes = sorted({*kept["attributes"], *merged["attributes"]})
    return chosen | {PREFIX + code: KEPT if code in kept["attributes"] else MERGED for code in codes}


def chosen(usual: Mapping[str, str], choices: Mapping[str, str] | None) -> dict[str, str]:
    """The defaults with what somebody chose instead."""
    return dict(usual) | {name: whose for name, whose in (choices or {}).items() if whose in (KEPT, MERGED)}


def taken(beside: Image, wanted: Mapping[str, str], fields: Sequence[str]) -> Iterable[tuple[str, Any]]:
    """Name and value of whatever the kept one gets from the other."""
    for name, whose in wanted.items():
        if whose == MERGED and (name in fields or name.startswith(PREFIX)):
            yield name, of(beside, name)


def names(fields: Sequence[str], *images: Image) -> list[str]:
    """Every name that stands in the images."""
    codes = sorted({code for each in images for code in each["attributes"]})
    return [*fields, *(PREFIX + code for code in codes)]


def of(image: Image, name: str) -> Any:
    """The value of a name; None where there is none."""
    return image["attributes"].get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else image[name]


def changed_since(became: Image, now: Image, fields: Sequence[str]) -> list[str]:
    """What somebody changed after the merge."""
    return [name for name in names(fields, became, now) if of(became, name) != of(now, name)]


def with_attribute(attributes: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The attributes with one set, or without it."""
    code = name.removeprefix(PREFIX)
    rest = {each: kept for each, kept in attributes.items() if each != code}
    return rest if value is None else {**rest, code: value}


def plain(value: Any) -> Any:
    """Ids and moments as JSON takes them."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def get(session: Session, merge_id: UUID, subject: str, missing: type[NotFound] = PersonNotFound) -> Merge:
    """Raises the error for what is not there."""
    found = session.get(Merge, merge_id)
    if found is None or found.subject != subject:
        raise missing()
    return found


def list_of(session: Session, kept_id: UUID) -> Sequence[Merge]:
    """What was merged into somebody or something and stands, newest first."""
    query = select(Merge).where(Merge.kept_id == kept_id, Merge.undone_at.is_(None))
    return session.scalars(query.order_by(Merge.id.desc())).all()


def done_before(session: Session, kept: Mergeable, merged: Mergeable) -> Merge | None:
    """The merge of just these two, where there is one. Raises AlreadyMerged when one of them stands no more."""
    if merged.merged_into is not None:
        standing = select(Merge).where(Merge.merged_id == merged.id, Merge.undone_at.is_(None))
        there = session.scalars(standing).one_or_none()
        if there is not None and there.kept_id == kept.id:
            return there
        raise AlreadyMerged()
    if kept.merged_into is not None:
        raise AlreadyMerged()
    return None


def check_undo(session: Session, made: Merge, kept: Mergeable) -> bool:
    """Whether there is something to take back. Raises MergeOver, AlreadyMerged when later merges stand on it."""
    session.refresh(made, with_for_update=True)
    if made.undone_at is not None:
        return False
    if not may_undo(made):
        raise MergeOver()
    query = select(func.count()).select_from(Merge)
    later = query.where(Merge.kept_id == made.kept_id, Merge.id > made.id, Merge.undone_at.is_(None))
    if kept.merged_into is not None or session.scalar(later):
        raise AlreadyMerged()
    return True


def may_undo(made: Merge) -> bool:
    """Whether its time is not over."""
    return made.undone_at is None and made.at > clock.now() - UNDO_FOR
