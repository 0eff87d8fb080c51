"""`/attributes`: what is declared about customers and companies."""

from typing import Any
from uuid import UUID

from customers import attributes
from customers.models import Attribute
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import customer_examples as examples
from web.schemas.api import customers as schemas
from web.schemas.api import examples as common

blueprint = ApiBlueprint("attributes", __name__, description="What is declared about customers and companies.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/attributes")
@blueprint.arguments(schemas.AttributeQuery, location="query")
@blueprint.response(200, schemas.AttributePage, example=examples.ATTRIBUTE_PAGE)
def list_attributes(query: dict[str, Any]) -> dict[str, Any]:
    """List attributes in their order

    All of them stand on one page.
    """
    return cursors.turn("attributes", query, _page)


@blueprint.post("/attributes")
@blueprint.arguments(schemas.NewAttribute, example=examples.NEW_ATTRIBUTE)
@blueprint.response(201, schemas.Attribute, example=examples.ATTRIBUTE, headers=common.LOCATION)
def create_attribute(body: dict[str, Any]) -> Answer:
    """Declare an attribute"""
    return repeatable.made(repeatable.once(lambda: _declared(**body), _get), "attributes")


@blueprint.get("/attributes/<uuid:attribute_id>")
@blueprint.response(200, schemas.Attribute, example=examples.ATTRIBUTE)
def get_attribute(attribute_id: UUID) -> Any:
    """Get an attribute"""
    return _get(attribute_id)


@blueprint.patch("/attributes/<uuid:attribute_id>")
@blueprint.arguments(schemas.AttributeChange, example={"label": "Loyalty tier"})
@blueprint.response(200, schemas.Attribute, example=examples.ATTRIBUTE)
def change_attribute(body: dict[str, Any], attribute_id: UUID) -> Answer:
    """Change an attribute's words, options, or put it away"""
    return repeatable.once(lambda: _changed(attribute_id, **body), _get, status=200)


def _get(attribute_id: UUID) -> Attribute:
    return attributes.get(tenancy.session(), attribute_id)


def _declared(options: list[dict[str, str]] | None = None, **body: Any) -> UUID:
    made = attributes.declare(tenancy.session(), by=tenancy.actor(), options=_pairs(options or []), **body)
    return made.id


def _changed(
    attribute_id: UUID,
    options: list[dict[str, str]] | None = None,
    archived: bool | None = None,
    **body: Any,
) -> UUID:
    session, by, found = tenancy.session(), tenancy.actor(), _get(attribute_id)
    pairs = None if options is None else _pairs(options)
    attributes.change(session, found, by=by, options=pairs, **body)
    if archived is not None:
        (attributes.archive if archived else attributes.restore)(session, found, by=by)
    return attribute_id


def _pairs(options: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(option.get("code", ""), option["label"]) for option in options]


def _page(*, after: str | None, limit: int, subject: attributes.Subject, archived: bool) -> Page[Attribute]:
    return Page(attributes.list_attributes(tenancy.session(), subject, archived=archived), None)
