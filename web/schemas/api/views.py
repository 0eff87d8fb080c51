"""Saved views, for programs."""

from marshmallow import fields

from web.schemas.api.base import Answer, identifier, moment, page_of


class View(Answer):
    """A list of customers under a name."""

    id = identifier("Its id.", required=True)
    name = fields.String(required=True, metadata={"description": "What staff call it."})
    query = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "Filters, order and columns as they stand in the console's address."},
    )
    created_at = moment("When it was saved.", required=True)


ViewPage = page_of(View, "ViewPage")

VIEW = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2e01",
    "name": "Not heard from this spring",
    "query": {"contact": "beyond:90", "order": "contact"},
    "created_at": "2026-03-02T08:15:00+00:00",
}
VIEW_PAGE = {"items": [VIEW], "next_cursor": None}
