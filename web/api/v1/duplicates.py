"""`/duplicates`: customers who might be the same."""

from typing import Any
from uuid import UUID

from customers import duplicates
from customers.duplicates import Likely
from customers.merge_errors import SamePerson
from customers.models import Person
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.api.v1.common import named
from web.schemas.api import duplicates as schemas
from web.schemas.api.base import Cursors

blueprint = ApiBlueprint("duplicates", __name__, description="Customers who might be the same.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/duplicates")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.DuplicatePage, example=schemas.PAIR_PAGE)
def list_duplicates(query: dict[str, Any]) -> dict[str, Any]:
    """List pairs who might be one, the likeliest first

    They are what the last search found, which staff begin in the console. Merging two takes the pair away.
    """
    found = cursors.turn("duplicates", query, _page)
    return {**found, "items": [_shown(*pair) for pair in found["items"]]}


@blueprint.post("/duplicates/dismissals")
@blueprint.arguments(schemas.PairOf, example=schemas.PAIR_OF)
@blueprint.response(200, schemas.Dismissed, example=schemas.PAIR_OF)
def dismiss_duplicate(body: dict[str, Any]) -> Answer:
    """Say that two are not the same

    They are not offered again. Doing it again does nothing.
    """
    session = tenancy.session()

    def perform() -> UUID:
        one, other = (named(body[name], name).id for name in ("one_id", "other_id"))
        if one == other:
            raise SamePerson()
        duplicates.dismiss(session, one, other, by=tenancy.actor())
        return one

    return repeatable.once(perform, lambda _: body, status=200)


def _page(*, after: str | None, limit: int) -> Page[tuple[Person, Likely]]:
    return duplicates.list_pairs(tenancy.session(), after=after, limit=limit)


def _shown(one: Person, likely: Likely) -> dict[str, Any]:
    reasons = [schemas.REASONS[code] for code in likely.why]
    return {"one_id": one.id, "other_id": likely.person.id, "reasons": reasons}
