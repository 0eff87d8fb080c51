"""Files of customers as programs send them in."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from customers.imports import consents, verbs
from customers.models.imports import STATES
from infra.i18n import N_
from web.schemas.api.base import (
    Answer,
    Body,
    Cursors,
    Query,
    day,
    identifier,
    json_object,
    line,
    moment,
    one_of,
    page_of,
    truth,
)
from web.schemas.api.work import MADE, WORK, Work

MOST_COLUMNS = 1_000
ONE_MAPPING = N_("Send only one of these: mapping, remembered.")
IMPORT_ID = "0192f0e6-2b41-7f0c-a1b2-c3d4e5f60718"


class FileQuery(Query):
    """What stands beside a file."""

    filename = line("What the file is called; people see it.", 200, load_default="import")


class ConsentSaid(Body):
    """Where the consents of the file come from; required when a column says who agreed."""

    origin = line(
        "A sentence: who asked, when and how. It becomes part of each proof.",
        consents.LONGEST_ORIGIN,
        required=True,
    )
    text_version = line(
        "What you call the wording they agreed to.", consents.LONGEST_VERSION, shortest=0, load_default=""
    )
    given_on = day("When they agreed, for rows without a day of their own.", load_default=None, allow_none=True)


class RunImport(Body):
    """What the columns are, and what is to be done."""

    mapping = fields.Dict(
        keys=fields.String(validate=validate.Length(0, 100)),
        values=fields.String(validate=validate.Length(0, 80)),
        validate=validate.Length(max=MOST_COLUMNS),
        metadata={
            "description": "Headings to meanings: `name`, `first_name`, `last_name`, `email`, `phone`,"
            " `external_id`, `company`, `company_external_id`, `language`, `zone`, `attributes.<code>`, `new.text`"
            " (also `number`, `date`, `boolean`: a new attribute), `extra.consent.<purpose>.<channel>` with"
            " `.<topic>` behind it for a topic, and `extra.consent_on`. Columns that are not named are left out."
            " Without it the import keeps what was guessed, or what the same headings meant the last time."
        },
    )
    remembered = line(
        "Instead of `mapping`: the name of a mapping that was remembered.", verbs.LONGEST_MAPPING_NAME
    )
    remember_as = line("Remembers the mapping under this name.", verbs.LONGEST_MAPPING_NAME)
    policy = one_of("What happens to customers who are there already.", "update", "skip")
    dry_run = truth("Only check; a later call without it imports.", load_default=False)
    consent = fields.Nested(ConsentSaid, metadata={"description": "Where consents come from."})

    @validates_schema
    def check_mapping(self, data: dict[str, Any], **options: Any) -> None:
        if "mapping" in data and "remembered" in data:
            raise ValidationError(ONE_MAPPING, "remembered")


class WrongRow(Answer):
    """A row that cannot be taken."""

    row = fields.Integer(required=True, metadata={"description": "Its number in the file."})
    reason = fields.String(required=True, metadata={"description": "Why, in a sentence."})


class Import(Answer):
    """A file of customers and what became of it."""

    id = identifier("Its id.", required=True)
    filename = fields.String(required=True, metadata={"description": "What the file is called."})
    state = one_of("How far it is.", *STATES, required=True)
    headings = fields.List(fields.String(), required=True, metadata={"description": "The columns, in order."})
    mapping = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Headings to meanings; an empty one is left out."},
    )
    policy = one_of("What happens to those who are there.", "update", "skip", required=True)
    rows = fields.Integer(required=True, allow_none=True, metadata={"description": "Rows, once they are counted."})
    counts = json_object(
        "What the check found, then what the import did: `added`, `updated`, `skipped`, `wrong`, `companies`, and"
        " of consents `consents`, `withdrawals`, `consents_kept`, `consents_refused`.",
        required=True,
    )
    wrong = fields.List(
        fields.Nested(WrongRow), required=True, metadata={"description": "The first rows that cannot be taken."}
    )
    undo_until = moment("Until when it can be undone.", required=True, allow_none=True)
    left = fields.List(
        identifier("A customer."),
        required=True,
        metadata={
            "description": "After undoing: the first customers who were left, because they were changed since."
        },
    )
    report = json_object("After undoing: what became of consents, companies and attributes.", required=True)
    work = fields.Nested(
        Work, required=True, allow_none=True, metadata={"description": "The work that was begun last."}
    )
    created_at = moment("When the file came.", required=True)


class ImportQuery(Cursors):
    """Which imports to list."""


ImportPage = page_of(Import, "ImportPage")

RUN: dict[str, Any] = {
    "mapping": {"Kundennr.": "external_id", "E-Mail": "email", "Newsletter": "extra.consent.news.email"},
    "remember_as": "shop",
    "policy": "update",
    "dry_run": True,
    "consent": {"origin": "Asked in the web shop's checkout since May 2024.", "text_version": "Checkout 3"},
}
IMPORT: dict[str, Any] = {
    "id": IMPORT_ID,
    "filename": "customers.csv",
    "state": "checked",
    "headings": ["Kundennr.", "E-Mail", "Newsletter"],
    "mapping": RUN["mapping"],
    "policy": "update",
    "rows": 1500,
    "counts": {"added": 1400, "updated": 98, "skipped": 0, "wrong": 2, "companies": 0, "consents": 812},
    "wrong": [{"row": 17, "reason": "E-Mail: Write an e-mail address such as ann@example.org."}],
    "undo_until": None,
    "left": [],
    "report": {},
    "work": WORK,
    "created_at": MADE,
}
IMPORT_PAGE = {"items": [IMPORT], "next_cursor": None}
