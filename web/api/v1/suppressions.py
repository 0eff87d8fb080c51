"""`/suppressions`: addresses that nobody writes to."""

from typing import Any
from uuid import UUID

from customers import suppressions as register
from customers.models import Suppression
from infra.crypto.columns import or_none
from infra.pages import Page
from tenants import audit
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import consent_examples as examples
from web.schemas.api import consents as schemas
from web.schemas.api.examples import LOCATION

blueprint = ApiBlueprint("suppressions", __name__, description="Addresses that nobody writes to.")

Answer = tuple[Any, int, dict[str, str]]

SHOWN = ("id", "kind", "source", "reason", "evidence", "at", "lifted_at")


@blueprint.get("/suppressions")
@blueprint.arguments(schemas.SuppressionQuery, location="query")
@blueprint.response(200, schemas.SuppressionPage, example=examples.SUPPRESSION_PAGE)
def list_suppressions(query: dict[str, Any]) -> dict[str, Any]:
    """List addresses that nobody writes to, newest first

    They are stored encrypted, so an address is found as a whole only.
    """
    audit.record_reading(tenancy.session(), "suppressions.listed", by=tenancy.actor(), subject=tenancy.tenant().id)
    found = cursors.turn("suppressions", query, _page)
    return {**found, "items": [_shown(entry) for entry in found["items"]]}


@blueprint.post("/suppressions")
@blueprint.arguments(schemas.NewSuppression, example=examples.NEW_SUPPRESSION)
@blueprint.response(201, schemas.Suppression, example=examples.SUPPRESSION, headers=LOCATION)
def create_suppression(body: dict[str, Any]) -> Answer:
    """Put an address on the list

    One that stands there already stays as it is.
    """
    return repeatable.made(repeatable.once(lambda: _added(**body), _get), "suppressions")


@blueprint.get("/suppressions/<uuid:suppression_id>")
@blueprint.response(200, schemas.Suppression, example=examples.SUPPRESSION)
def get_suppression(suppression_id: UUID) -> dict[str, Any]:
    """Get an entry"""
    return _get(suppression_id)


@blueprint.post("/suppressions/<uuid:suppression_id>/lifting")
@blueprint.arguments(schemas.Lifting, example=examples.LIFTING)
@blueprint.response(200, schemas.Suppression, example=examples.SUPPRESSION)
def lift_suppression(body: dict[str, Any], suppression_id: UUID) -> Answer:
    """Take an address off the list

    Doing it again does nothing. A complaint is lifted by an admin in the console only.
    """
    return repeatable.once(lambda: _lifted(suppression_id, **body), _get, status=200)


def _page(*, after: str | None, limit: int, **filters: Any) -> Page[Suppression]:
    wanted = register.Filters(
        filters.get("email") or "", filters.get("kind") or "", filters.get("lifted") == "true"
    )
    return register.list_suppressions(tenancy.session(), wanted, after=after, limit=limit)


def _added(email: str, reason: str) -> UUID:
    session, by = tenancy.session(), tenancy.actor()
    return register.add(session, email, kind="manual", source="api", reason=reason, by=by).id


def _lifted(suppression_id: UUID, reason: str) -> UUID:
    entry = register.get(tenancy.session(), suppression_id)
    return register.lift(tenancy.session(), entry, reason=reason, by=tenancy.actor()).id


def _get(suppression_id: UUID) -> dict[str, Any]:
    return _shown(register.get(tenancy.session(), suppression_id))


def _shown(entry: Suppression) -> dict[str, Any]:
    shown = {name: getattr(entry, name) for name in SHOWN}
    return {**shown, "reason": register.say(entry.reason), "email": or_none(lambda: entry.email)}
