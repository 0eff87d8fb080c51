"""`/people/{id}/bounces`: what came back of mail to a customer."""

from functools import partial
from typing import Any
from uuid import UUID

from customers import bounces, people
from customers.models import Bounce
from infra.pages import Page
from web import tenancy
from web.api import cursors
from web.api.blueprint import ApiBlueprint
from web.schemas.api import bounces as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("bounces", __name__, description="Mail that came back.")

SHOWN = ("id", "kind", "status", "diagnostic", "source", "suppressed", "at")


@blueprint.get("/people/<uuid:person_id>/bounces")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.BouncePage, example=schemas.BOUNCE_PAGE)
def list_bounces(query: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """List what came back of mail to a customer, newest first"""
    page = cursors.turn(f"bounces:{person_id}", query, partial(_page, person_id))
    return {**page, "items": [_shown(each) for each in page["items"]]}


def _page(person_id: UUID, *, after: str | None, limit: int) -> Page[Bounce]:
    session = tenancy.session()
    return bounces.list_of_person(session, people.get(session, person_id), after, limit)


def _shown(bounce: Bounce) -> dict[str, Any]:
    proved = bounce.proof in ("outbox", "message_id")
    return {**{name: getattr(bounce, name) for name in SHOWN}, "proved": proved}
