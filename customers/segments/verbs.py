"""Segments: made, changed, duplicated, put away, deleted. Who is in one says `customers.segments.selecting`.

A rule may ask for other segments. That no segment asks for itself, however far around, holds because whoever
writes a rule does so alone (`one_at_a_time`).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import values
from customers.models.segments import DYNAMIC, FROZEN, Segment
from customers.revisions import revision_of, touch
from customers.segments import events, fields, rules, sizes, uses
from customers.segments.errors import (
    RuleInvalid,
    SegmentChanged,
    SegmentInUse,
    SegmentInvalid,
    SegmentIsFrozen,
    SegmentNameTaken,
    SegmentNotFound,
    TooManySegments,
)
from customers.unique import refused_as
from customers.values import Unfit
from infra import clock
from infra.events import record
from infra.i18n import N_, gettext
from infra.sentences import Sentence
from tenants import audit
from tenants.permissions import Actor

MOST = 500
LONGEST_NAME = 120
NO_NAME = N_("Give the segment a name.")
ITSELF = N_("A segment cannot ask for itself, nor for one that asks for it: “%(name)s”.")
COPY = N_("%(name)s (copy)")


def list_segments(session: Session, *, archived: bool = False) -> Sequence[Segment]:
    """Those in use by name; with `archived`, those that are put away."""
    put_away = Segment.archived_at.is_not(None) if archived else Segment.archived_at.is_(None)
    return session.scalars(select(Segment).where(put_away).order_by(func.lower(Segment.name), Segment.id)).all()


def get(session: Session, segment_id: UUID) -> Segment:
    """Raises SegmentNotFound."""
    found = session.get(Segment, segment_id)
    if found is None:
        raise SegmentNotFound()
    return found


def find_named(session: Session, name: str) -> Segment | None:
    """The segment in use of that name, in whatever case."""
    query = select(Segment).where(func.lower(Segment.name) == func.lower(name.strip().replace("\x00", "")))
    return session.scalars(query.where(Segment.archived_at.is_(None))).one_or_none()


def create(session: Session, *, by: Actor, name: str, rule: Any) -> Segment:
    """A dynamic segment. Raises SegmentInvalid, SegmentNameTaken, TooManySegments."""
    one_at_a_time(session)
    problems: dict[str, list[str]] = {}
    fit = _name(name, problems)
    checked = _rule(session, rule, None, problems)
    if problems:
        raise SegmentInvalid(problems=problems)
    return add(session, by=by, name=fit, kind=DYNAMIC, rule=checked)


def add(session: Session, *, by: Actor, name: str, kind: str, rule: dict[str, Any]) -> Segment:
    """A segment with a rule that was checked. Raises SegmentInvalid, SegmentNameTaken, TooManySegments."""
    problems: dict[str, list[str]] = {}
    fit = _name(name, problems)
    if problems:
        raise SegmentInvalid(problems=problems)
    one_at_a_time(session)
    if (session.scalar(select(func.count()).select_from(Segment)) or 0) >= MOST:
        raise TooManySegments(most=MOST)
    owner = by.id if by.kind == "staff" else None
    made = Segment(name=fit, kind=kind, rule=rule, owner_id=owner)
    with refused_as(session, "uq_segments_name", SegmentNameTaken):
        session.add(made)
    record(session, events.SegmentAdded(subject=made.id))
    audit.record(session, "segment.added", by=by, subject=made.id, kind=kind)
    return made


def change(
    session: Session,
    segment: Segment,
    *,
    by: Actor,
    name: str | None = None,
    rule: Any = None,
    revision: int | None = None,
) -> Segment:
    """Another name or rule; None leaves it. `revision` is the state that was seen (`revision_of`).

    Raises SegmentChanged when it is not the present one, SegmentInvalid, SegmentNameTaken, SegmentIsFrozen.
    """
    one_at_a_time(session)
    segment = session.get_one(Segment, segment.id, with_for_update=True, populate_existing=True)
    if revision is not None and revision != revision_of(segment):
        raise SegmentChanged()
    problems: dict[str, list[str]] = {}
    fit = segment.name if name is None else _name(name, problems)
    checked = segment.rule
    if rule is not None and rule != segment.rule:
        if segment.kind == FROZEN:
            raise SegmentIsFrozen()
        checked = _rule(session, rule, segment, problems)
    if problems:
        raise SegmentInvalid(problems=problems)
    if (fit, checked) == (segment.name, segment.rule):
        return segment
    with refused_as(session, "uq_segments_name", SegmentNameTaken):
        if checked != segment.rule:
            segment.counted = segment.counted_at = None
        segment.name, segment.rule = fit, checked
        touch(segment)
    audit.record(session, "segment.changed", by=by, subject=segment.id)
    return _told(session, segment)


def duplicate(session: Session, segment: Segment, *, by: Actor) -> Segment:
    """A dynamic segment with the same rule under the next free name. Raises SegmentIsFrozen, TooManySegments.

    Who is in a frozen one is known only there: it has no rule that would find them again.
    """
    if segment.kind == FROZEN:
        raise SegmentIsFrozen()
    one_at_a_time(session)
    room = LONGEST_NAME - len(gettext(COPY) % {"name": ""}) - 4
    copied = gettext(COPY) % {"name": segment.name[:room].rstrip()}
    names = (copied, *(f"{copied} {n}" for n in range(2, MOST + 2)))
    free = next(each for each in names if find_named(session, each) is None)
    return add(session, by=by, name=free, kind=DYNAMIC, rule=segment.rule)


def archive(session: Session, segment: Segment, *, by: Actor) -> Segment:
    """Offered no more; what goes by it goes on. Doing it again does nothing."""
    if segment.archived_at is None:
        segment.archived_at = clock.now()
        touch(segment)
        audit.record(session, "segment.archived", by=by, subject=segment.id)
        _told(session, segment)
    return segment


def restore(session: Session, segment: Segment, *, by: Actor) -> Segment:
    """Offered again. Raises SegmentNameTaken. Doing it again does nothing."""
    if segment.archived_at is not None:
        with refused_as(session, "uq_segments_name", SegmentNameTaken):
            segment.archived_at = None
            touch(segment)
        audit.record(session, "segment.restored", by=by, subject=segment.id)
        _told(session, segment)
    return segment


def delete(session: Session, segment: Segment, *, by: Actor) -> None:
    """For good; the people in it are as they were. Raises SegmentInUse, which names what goes by it."""
    one_at_a_time(session)
    used = uses.used_by(session, segment)
    if used:
        raise SegmentInUse(used_by=", ".join(f"“{name}”" for name in used))
    session.delete(segment)
    record(session, events.SegmentDeleted(subject=segment.id))
    audit.record(session, "segment.deleted", by=by, subject=segment.id)


def check(
    session: Session, rule: Any, segment: Segment | None = None, *, may_be_empty: bool = False
) -> rules.Group:
    """The rule, typed, as that segment would have it. Raises RuleInvalid."""
    found = rules.parse(rule, fields.catalogue(session), may_be_empty=may_be_empty)
    around = _around(session, segment, rules.segments_of(found)) if segment is not None else None
    if around is not None:
        raise RuleInvalid(problems={"": [Sentence(ITSELF, name=around)]})
    sizes.check(session, found, segment)
    return found


def _name(name: str, problems: dict[str, list[str]]) -> str:
    try:
        fit = values.line(name, LONGEST_NAME)
    except Unfit as unfit:
        problems["name"] = [unfit.sentence]
        return ""
    if not fit:
        problems["name"] = [NO_NAME]
    return fit


def _rule(session: Session, rule: Any, segment: Segment | None, problems: dict[str, list[str]]) -> dict[str, Any]:
    try:
        return rules.dump(check(session, rule, segment))
    except RuleInvalid as invalid:
        problems.update({f"/rule{at}": sentences for at, sentences in invalid.problems.items()})
        return {}


def _around(session: Session, segment: Segment, asked: set[UUID]) -> str | None:
    """The name of the segment by which a rule would come back to its own."""
    todo, seen = list(asked), set[UUID]()
    while todo:
        each = todo.pop()
        if each in seen:
            continue
        seen.add(each)
        found = session.get(Segment, each)
        if found is not None:
            inner = rules.segments_of(rules.load(found.rule)) if found.kind == DYNAMIC else set()
            if each == segment.id or segment.id in inner:
                return found.name
            todo.extend(inner)
    return None


def one_at_a_time(session: Session) -> None:
    """Whoever writes segments waits here until those who came before have committed."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("customers.segments"))))


def _told(session: Session, segment: Segment) -> Segment:
    record(session, events.SegmentChanged(subject=segment.id))
    return segment
