"""The same change to many customers, for programs."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from customers import values
from customers.selection import MOST_NAMED
from infra.i18n import N_
from web.schemas.api.base import Body, identifier, line
from web.schemas.api.customers import PersonFilters

ONE_OF_BOTH = N_("Name exactly one of the two.")


class PeopleMeant(PersonFilters):
    """The filters of `GET /people`; without any, everybody."""

    segment_id = identifier("Only people of this segment.")


class PeopleChange(Body):
    """Who is changed, and how."""

    ids = fields.List(
        identifier("A customer."),
        validate=validate.Length(min=1, max=MOST_NAMED),
        metadata={"description": "These customers; this or `filters`."},
    )
    filters = fields.Nested(PeopleMeant, metadata={"description": "Who fits these; an empty object is everybody."})
    attribute = line("The code of an attribute to set to `value`; this or `company_id`.", values.LONGEST_ID)
    value = fields.Raw(
        allow_none=True,
        load_default=None,
        metadata={"description": "Its value, of the attribute's type; null takes it away."},
    )
    company_id = identifier("The company they belong to; null takes it away.", allow_none=True)

    @validates_schema
    def check_one(self, data: dict[str, Any], **options: Any) -> None:
        for one, other in (("ids", "filters"), ("attribute", "company_id")):
            if (one in data) == (other in data):
                raise ValidationError(ONE_OF_BOTH, one)


CHANGE: dict[str, Any] = {"filters": {"language": "de"}, "attribute": "tier", "value": "gold"}
