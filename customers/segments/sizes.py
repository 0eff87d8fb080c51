"""How long a rule is together with those of the segments it asks for.

A segment that asks twice for one that asks twice for another doubles each time: a few small rules would make a
statement that no database answers. So a rule is measured unfolded, and with it all rules that ask for its segment.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models.segments import DYNAMIC, Segment
from customers.segments import rules
from customers.segments.errors import RuleInvalid
from customers.segments.rules import Group
from infra.i18n import N_
from infra.sentences import Sentence

MOST = 500
"""Conditions of a rule, those of the segments it asks for included, each as often as it is asked for."""
TOO_LONG = N_("With the rules of the segments it asks for, this rule is too long. Ask for fewer segments.")
TOO_LONG_THERE = N_("The segment “%(name)s” asks for this one and would become too long with this rule.")


def check(session: Session, rule: Group, segment: Segment | None) -> None:
    """Raises RuleInvalid when the rule is too long, or another one becomes so by what this segment is to be."""
    if not rules.segments_of(rule) and segment is None:
        return
    stored = select(Segment.id, Segment.name, Segment.rule).where(Segment.kind == DYNAMIC)
    found = {row.id: (row.name, rules.load(row.rule)) for row in session.execute(stored)}
    if segment is not None:
        found[segment.id] = (segment.name, rule)
    known: dict[UUID, int] = {}
    if _size(rule, found, known) > MOST:
        raise RuleInvalid(problems={"": [Sentence(TOO_LONG)]})
    if segment is None:
        return
    for name, other in found.values():
        if _size(other, found, known) > MOST:
            raise RuleInvalid(problems={"": [Sentence(TOO_LONG_THERE, name=name)]})


def _size(rule: Group, found: Mapping[UUID, tuple[str, Group]], known: dict[UUID, int]) -> int:
    return sum(
        sum(_of(UUID(code), found, known) for code in each.value or ()) if each.field == "segment" else 1
        for each in rules.conditions(rule)
    )


def _of(segment_id: UUID, found: Mapping[UUID, tuple[str, Group]], known: dict[UUID, int]) -> int:
    """One of a frozen segment, or of one that is there no more."""
    if segment_id not in known:
        known[segment_id] = 1  # a circle is refused elsewhere, and ends here
        if segment_id in found:
            known[segment_id] = max(1, _size(found[segment_id][1], found, known))
    return known[segment_id]
