"""`/views`: lists of customers that staff saved and share."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from customers import views
from customers.errors import ViewNotFound
from customers.models import SavedView
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import views as schemas
from web.schemas.api.base import Cursors
from web.schemas.api.examples import LOCATION

blueprint = ApiBlueprint("views", __name__, description="Lists of customers that staff saved.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/views")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.ViewPage, example=schemas.VIEW_PAGE)
def list_views(query: dict[str, Any]) -> dict[str, Any]:
    """List the views that staff share, oldest first

    All of them stand on one page. What somebody saved for themselves is not among them.
    """
    return cursors.turn("views", query, _page)


@blueprint.post("/views")
@blueprint.arguments(schemas.NewView, example=schemas.NEW_VIEW)
@blueprint.response(201, schemas.View, example=schemas.VIEW, headers=LOCATION)
def create_view(body: dict[str, Any]) -> Answer:
    """Save a list for everybody

    What is asked about an attribute that tells about customers is left out, because a view outlives them.
    """

    def perform() -> UUID:
        return views.save(tenancy.session(), by=tenancy.actor(), shared=True, **body).id

    return repeatable.made(repeatable.once(perform, _get), "views")


@blueprint.get("/views/<uuid:view_id>")
@blueprint.response(200, schemas.View, example=schemas.VIEW)
def get_view(view_id: UUID) -> Any:
    """Get a shared view"""
    return _get(view_id)


@blueprint.patch("/views/<uuid:view_id>")
@blueprint.arguments(schemas.ViewChange, example={"name": "Ours"})
@blueprint.response(200, schemas.View, example=schemas.VIEW)
def change_view(body: dict[str, Any], view_id: UUID) -> Answer:
    """Change a shared view

    What is not named stays; `query` is replaced as a whole.
    """

    def perform() -> UUID:
        views.change(tenancy.session(), _get(view_id), by=tenancy.actor(), **body)
        return view_id

    return repeatable.once(perform, _get, status=200)


@blueprint.delete("/views/<uuid:view_id>")
@blueprint.response(204)
def delete_view(view_id: UUID) -> Answer:
    """Delete a shared view

    It goes for everybody. The customers it showed are as they were.
    """

    def perform() -> UUID:
        views.delete(tenancy.session(), _get(view_id), by=tenancy.actor())
        return view_id

    return repeatable.once(perform, lambda _: Response(status=204), status=204)


def _get(view_id: UUID) -> SavedView:
    """A shared one. Raises ViewNotFound."""
    view = views.get(tenancy.session(), view_id, by=tenancy.actor())
    if not view.shared:
        raise ViewNotFound()
    return view


def _page(*, after: str | None, limit: int) -> Page[SavedView]:
    return Page(views.list_views(tenancy.session(), by=tenancy.actor()), None)
