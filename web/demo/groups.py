"""Acme's segments and saved views."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import views
from customers.models import SavedView
from customers.segments import counting, verbs
from tenants.permissions import EDITOR, Actor, of_role
from web.demo.people import EDITOR_ID

BY = Actor("staff", EDITOR_ID, of_role(EDITOR))
NEWS, BAGS = "Subscribers who want news", "Subscribers with three bags or more"


def _all(*conditions: tuple[str, str, Any]) -> dict[str, Any]:
    told = [{"field": field, "operator": operator, "value": value} for field, operator, value in conditions]
    return {"match": "all", "conditions": told}


SEGMENTS: Mapping[str, dict[str, Any]] = {
    "Detractors of the last 90 days": _all(("nps_band", "any_of", ["detractors"]), ("scored_at", "within", 90)),
    "Roaster’s friends not written to for 60 days": _all(
        ("attributes.tier", "any_of", ["roasters_friend"]), ("email", "is", True), ("contacts.any", "beyond", 60)
    ),
    NEWS: _all(("attributes.subscriber", "is", True), ("consent.news", "any_of", ["given"])),
    BAGS: _all(("attributes.subscriber", "is", True), ("attributes.bags", "at_least", 3)),
    "Detractors nobody spoke with for 60 days": _all(
        ("nps_band", "any_of", ["detractors"]), ("last_contact_at", "beyond", 60)
    ),
}
VIEWS: Mapping[str, dict[str, str]] = {
    "Detractors, last contact first": {"score": "detractors", "order": "contact", "columns": "tier,favourite"},
    "Subscribers we have not heard of for 90 days": {
        **{"a.subscriber": "true", "contact": "beyond:90", "order": "contact", "columns": "bags,club_since"},
    },
}


def fill(session: Session) -> None:
    """Adds what is not there yet."""
    for name, rule in SEGMENTS.items():
        if verbs.find_named(session, name) is None:
            verbs.create(session, by=BY, name=name, rule=rule)
    there = set(session.scalars(select(SavedView.name)))
    for name, query in VIEWS.items():
        if name not in there:
            views.save(session, by=BY, name=name, query=query, shared=True)


def count(session: Session) -> None:
    """Notes how many are in each segment."""
    for segment in verbs.list_segments(session):
        counting.refresh(session, segment, anew=True)
