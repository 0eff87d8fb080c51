"""Segments by rules of every shape, frozen ones, and one in the archive."""

from sqlalchemy.orm import Session

from customers.models.segments import FROZEN
from customers.segments import fields, verbs
from infra import clock
from tenants.permissions import Actor, of_role
from tests.e2e.stops import LONG, Stop
from web import registries
from web.demo.people import COLLEAGUES

OWNER = Actor("staff", COLLEAGUES[0].id, of_role("owner"))
SAMPLES = {
    **{"text": "beans", "number": 5, "numbers": [1, 9], "day": "2026-03-01", "days": ["2026-01-01", "2026-03-01"]},
    **{"count": 90, "truth": True, "": None},
}


def segments(session: Session) -> list[Stop]:
    """One with a field of each shape in groups within groups, a long name, and what surrounds them."""
    registries.compose()
    rule = {"match": "all", "conditions": [*_of_each_shape(session), _nested(4)]}
    one = verbs.create(session, by=OWNER, name="Far away: " + LONG[:90], rule=rule)
    again = {"match": "any", "conditions": [{"field": "segment", "operator": "any_of", "value": [str(one.id)]}]}
    verbs.create(session, by=OWNER, name="Goes by the other", rule=again)
    frozen = verbs.add(session, by=OWNER, name="As of May", kind=FROZEN, rule=rule)
    frozen.frozen_at = frozen.counted_at = clock.now()
    frozen.counted = 0
    filling = verbs.add(session, by=OWNER, name="Being filled", kind=FROZEN, rule={})
    put_away = verbs.duplicate(session, one, by=OWNER)
    verbs.archive(session, put_away, by=OWNER)
    at = "/console/customers/segments"
    return [
        Stop("segments", at),
        Stop("segments-archived", f"{at}?show=archived"),
        Stop("segment-new", f"{at}/new?language=de&contact=beyond:90"),
        Stop("segment", f"{at}/{one.id}"),
        Stop("segment-frozen", f"{at}/{frozen.id}"),
        Stop("segment-filling", f"{at}/{filling.id}"),
        Stop("segment-archived", f"{at}/{put_away.id}"),
        Stop("segment-freezing", f"{at}/{one.id}/freezing"),
        Stop("segment-deletion", f"{at}/{put_away.id}/deletion"),
        Stop("segment-in-use", f"{at}/{one.id}/deletion"),
        Stop("customers-in-segment", f"/console/customers?segment={one.id}"),
    ]


def _of_each_shape(session: Session) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for field in fields.catalogue(session).values():
        for operator, shape in field.shapes.items():
            value = [code for code, _ in field.choices[:2]] if shape == "codes" else SAMPLES[shape]
            if shape not in found and value != []:
                told = {"field": field.code, "operator": operator}
                found[shape] = told if value is None else {**told, "value": value}
    return [*found.values(), {"field": "language", "operator": "any_of", "value": ["de", "fr"]}]


def _nested(depth: int) -> dict[str, object]:
    low = {"field": "nps", "operator": "at_most", "value": 6}
    return {"match": "none", "conditions": [low] if depth == 1 else [low, _nested(depth - 1)]}
