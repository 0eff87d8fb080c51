"""A merge as programs ask for it."""

from marshmallow import fields, validate

from customers import merging
from infra.i18n import N_
from web.schemas.api.base import Answer, Body, identifier, moment, page_of, truth

NOT_WHOSE = N_("Say kept or merged.")
MERGE = {"merged_id": "019a4a2e-7c00-7aaa-8000-0000000000a2", "choices": {"name": "merged"}}


class _Choices(Body):
    choices = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 60)),
        values=fields.String(validate=validate.OneOf((merging.KEPT, merging.MERGED), error=NOT_WHOSE)),
        load_default=dict,
        validate=validate.Length(max=200),
        metadata={
            "description": "By field (`attributes.<code>` for attributes) whose value stays: `kept` or `merged`."
            " What is left out stays as it is, unless the one that stays has nothing there.",
        },
    )


class MergeOf(_Choices):
    """Who becomes a part of the customer in the address."""

    merged_id = identifier("Who is merged; their id answers the one that stays from then on.", required=True)


class CompanyMergeOf(_Choices):
    """What becomes a part of the company in the address."""

    merged_id = identifier("Which is merged; its id answers the one that stays from then on.", required=True)


class Merge(Answer):
    """Two who became one."""

    id = identifier("The merge's id.", required=True)
    kept_id = identifier("Who stays.", required=True)
    merged_id = identifier("Who was merged.", required=True)
    at = moment("When.", required=True)
    can_be_undone = truth("Whether its 30 days are not over.", required=True)
    undone_at = moment("When it was taken back.", required=True, allow_none=True)


MergePage = page_of(Merge, "MergePage")

MERGED = {
    "id": "019a4a2e-7c00-7aaa-8000-0000000000b1",
    "kept_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",
    "merged_id": MERGE["merged_id"],
    "at": "2026-03-02T08:15:00+00:00",
    "can_be_undone": True,
    "undone_at": None,
}
MERGED_PAGE = {"items": [MERGED], "next_cursor": None}
UNDONE = {**MERGED, "can_be_undone": False, "undone_at": "2026-03-03T08:15:00+00:00"}
