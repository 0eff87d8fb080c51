"""Saved views, for programs."""

from typing import Any

from marshmallow import fields, validate

from customers.views import LONGEST_NAME
from web.schemas.api.base import NOT_LISTED, WRONG_LENGTH, Answer, Body, identifier, line, moment, page_of

PARTS = r"^(language|source|contact|score|company|segment|order|columns|a\.[a-z0-9_]{1,60})\Z"
MOST_PARTS = 40


def _query(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.Regexp(PARTS, error=NOT_LISTED)),
        values=line("What it asks for.", 200),
        validate=validate.Length(max=MOST_PARTS, error=WRONG_LENGTH),
        metadata={
            "description": "Filters, order and columns as they stand in the console's address: `language`,"
            " `source`, `contact`, `score`, `company`, `segment`, `order`, `columns`; `a.<code>` of an attribute."
        },
        **options,
    )


class NewView(Body):
    """A list of customers to save for everybody."""

    name = line("What staff call it.", LONGEST_NAME, required=True)
    query = _query(required=True)


class ViewChange(Body):
    """What is to be another."""

    name = line("What staff call it.", LONGEST_NAME)
    query = _query()


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
NEW_VIEW = {"name": VIEW["name"], "query": VIEW["query"]}
VIEW_PAGE = {"items": [VIEW], "next_cursor": None}
