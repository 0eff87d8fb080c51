"""Lists as files, as programs ask for them."""

from typing import Any

from marshmallow import fields

from customers import values
from infra import sheets
from web.schemas.api.base import Body, identifier, line, moment, one_of
from web.schemas.api.customers import PersonFilters
from web.schemas.api.work import WORK, Work


class PeopleFile(PersonFilters):
    """Whose file: the filters of `GET /people`, and people of a segment. Without any, everybody."""

    format = one_of("What the file is.", *sheets.TYPES, load_default=sheets.CSV)
    segment_id = identifier("Only people of this segment.", load_default=None)


class CompaniesFile(Body):
    """Which companies."""

    format = one_of("What the file is.", *sheets.TYPES, load_default=sheets.CSV)
    search = line("The beginning of the name.", values.LONGEST_NAME, shortest=0, load_default="")
    external_id = line("Exactly this external id.", values.LONGEST_ID, shortest=0, load_default="")


class SuppressionsFile(Body):
    """All addresses that nobody writes to."""

    format = one_of("What the file is.", *sheets.TYPES, load_default=sheets.CSV)


class Export(Work):
    """A list on its way into a file."""

    filename = fields.String(required=True, metadata={"description": "What the file is called."})
    bytes = fields.Integer(required=True, allow_none=True, metadata={"description": "Its size, once it is there."})
    keep_until = moment("When it is deleted.", required=True, allow_none=True)


NEW_PEOPLE: dict[str, Any] = {"format": "xlsx", "language": "de", "attribute": "tier:gold"}
NEW_COMPANIES: dict[str, Any] = {"format": "csv"}
EXPORT: dict[str, Any] = {
    **WORK,
    "filename": "customers.xlsx",
    "bytes": 182_411,
    "keep_until": "2026-03-09T08:15:09+00:00",
}
