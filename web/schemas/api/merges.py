"""A merge as programs ask for it."""

from marshmallow import fields, validate

from customers.merging import KEPT, MERGED
from infra.i18n import N_
from web.schemas.api.base import Body, identifier

NOT_WHOSE = N_("Say kept or merged.")
MERGE = {"merged_id": "019a4a2e-7c00-7aaa-8000-0000000000a2", "choices": {"name": "merged"}}


class _Choices(Body):
    choices = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 60)),
        values=fields.String(validate=validate.OneOf((KEPT, MERGED), error=NOT_WHOSE)),
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
