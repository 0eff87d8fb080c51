"""`/views`: lists of customers that staff saved and share."""

from typing import Any

from customers import views
from customers.models import SavedView
from infra.pages import Page
from web import tenancy
from web.api import cursors
from web.api.blueprint import ApiBlueprint
from web.schemas.api import views as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("views", __name__, description="Lists of customers that staff saved.")


@blueprint.get("/views")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.ViewPage, example=schemas.VIEW_PAGE)
def list_views(query: dict[str, Any]) -> dict[str, Any]:
    """List the views that staff share, oldest first

    All of them stand on one page. What somebody saved for themselves is not among them.
    """
    return cursors.turn("views", query, _page)


def _page(*, after: str | None, limit: int) -> Page[SavedView]:
    return Page(views.list_views(tenancy.session(), by=tenancy.actor()), None)
