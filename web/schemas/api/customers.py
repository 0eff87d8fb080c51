"""People, companies and their attributes as programs send and get them. The domain says what a value may hold."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from customers import attributes, queries, values
from customers.people import SOURCES
from infra.i18n import N_
from web.schemas.api.base import (
    Answer,
    Body,
    Cursors,
    flag,
    identifier,
    json_object,
    line,
    moment,
    one_of,
    page_of,
    truth,
    whole,
)

NOTHING_TO_CHANGE = N_("Say at least one thing to change.")
ONE_SEARCH = N_("Send only one of these: search, email, phone, external_id.")
WANTED = ("search", "email", "phone", "external_id")
MOST_EMAIL = 320
CONTACT = f"^({queries.WITHIN}|{queries.BEYOND}):[0-9]{{1,4}}$|^{queries.NEVER}$"
PAIR = "^[a-z][a-z0-9_]{0,39}:.+$"
VALUES = {"additionalProperties": {"type": ["string", "number", "boolean", "null"]}, "maxProperties": 200}
ABOUT_VALUES = (
    "Values by the attribute's code: a text, a number, a day such as `2026-03-31`, the code of an option, or true"
    " and false. What is left out stays; null takes one away."
)
LARGEST = 2**62


def text(about: str, longest: int, **options: Any) -> fields.String:
    """A line that may be empty; null and empty are the same."""
    return line(about, longest, shortest=0, allow_none=True, **options)


class _PersonTexts(Body):
    name = text("Their name.", 2 * values.LONGEST_NAME)
    email = text("The bare address.", MOST_EMAIL)
    phone = text("With its country, such as `+49301234567`; kept as digits.", 60)
    external_id = text("What your systems call them; unique among people.", values.LONGEST_ID)
    company_id = identifier("Their company.", allow_none=True)
    language = text("Such as `en` or `pt-BR`.", 20)
    zone = text("Their IANA time zone.", 80)
    attributes = json_object(ABOUT_VALUES, VALUES)


class NewPerson(_PersonTexts):
    """Somebody to add. A name, an address, a number or an external id is needed."""


class PersonChange(_PersonTexts):
    """What to change; what is left out stays, null takes away."""

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class PersonFilters(Body):
    """Which people are meant."""

    search = line("Words that begin words of the name; also an exact address, number or external id.", 254)
    email = line("Exactly this address, in whatever case.", MOST_EMAIL)
    phone = line("Exactly this number.", 60)
    external_id = line("Exactly this external id.", values.LONGEST_ID)
    company_id = identifier("Only people of this company.")
    language = line("Only those with this language.", 20)
    source = one_of("Only those who came in this way.", *SOURCES)
    contact = line(
        "`within:30` and `beyond:90` count days since the last contact; `never` finds who had none.",
        20,
        pattern=CONTACT,
    )
    score = one_of("Only those whose last score is in this band.", *queries.SCORES, queries.UNSCORED)
    attribute = line("Only those with this value: `<code>:<value>`.", 2_050, pattern=PAIR)

    @validates_schema
    def check_search(self, data: dict[str, Any], **options: Any) -> None:
        if sum(name in data for name in WANTED) > 1:
            raise ValidationError(ONE_SEARCH, "search")


class PersonQuery(PersonFilters, Cursors):
    """Whom to list."""

    segment_id = identifier("Only people of this segment.")
    order = one_of("`contact` lists the last contact first.", *queries.ORDERS, load_default=queries.NEWEST)


class Person(Answer):
    """A customer. Whoever was merged is answered under the id that stays."""

    id = identifier("Their id.", required=True)
    name = fields.String(required=True, allow_none=True, metadata={"description": "Their name."})
    email = fields.String(required=True, allow_none=True, metadata={"description": "As it was written."})
    phone = fields.String(required=True, allow_none=True, metadata={"description": "Digits, + when international."})
    external_id = fields.String(required=True, allow_none=True, metadata={"description": "Your systems' id."})
    company_id = identifier("Their company.", required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True, metadata={"description": "Their language."})
    zone = fields.String(required=True, allow_none=True, metadata={"description": "Their time zone."})
    attributes = json_object("Values by code.", required=True)
    nps = fields.Integer(required=True, allow_none=True, metadata={"description": "Their last NPS score."})
    csat = fields.Integer(required=True, allow_none=True, metadata={"description": "Their last CSAT score."})
    ces = fields.Integer(required=True, allow_none=True, metadata={"description": "Their last CES score."})
    scored_at = moment("When they gave a score last.", required=True, allow_none=True)
    last_contact_at = moment("When you were in contact last.", required=True, allow_none=True)
    source = one_of("How they came in.", *SOURCES, required=True)
    created_at = moment("When they were added.", required=True)
    updated_at = moment("When one of the texts or attributes changed last.", required=True)


PersonPage = page_of(Person, "PersonPage")


class _CompanyTexts(Body):
    external_id = text("What your systems call it; unique among companies.", values.LONGEST_ID)
    website = text("An http or https address.", values.LONGEST_URL)
    attributes = json_object(ABOUT_VALUES, VALUES)


class NewCompany(_CompanyTexts):
    """A company to add."""

    name = line("Its name.", 2 * values.LONGEST_NAME, required=True)


class CompanyChange(_CompanyTexts):
    """What to change; what is left out stays, null takes away."""

    name = line("Its name.", 2 * values.LONGEST_NAME)

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class CompanyQuery(Cursors):
    """Which companies to list."""

    search = line("The beginning of the name.", values.LONGEST_NAME, shortest=0, load_default="")
    external_id = line("Exactly this external id.", values.LONGEST_ID, shortest=0, load_default="")


class Company(Answer):
    """A company."""

    id = identifier("Its id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    external_id = fields.String(required=True, allow_none=True, metadata={"description": "Your systems' id."})
    website = fields.String(required=True, allow_none=True, metadata={"description": "Its website."})
    attributes = json_object("Values by code.", required=True)
    created_at = moment("When it was added.", required=True)
    updated_at = moment("When it changed last.", required=True)


CompanyPage = page_of(Company, "CompanyPage")


class Option(Body):
    """An option of a choice."""

    code = line("How values name it. Made from the label when left out.", 40, pattern=attributes.CODE.pattern)
    label = line("How people read it.", attributes.LONGEST_LABEL, required=True)


def options() -> fields.List[Any]:
    """The options of a choice."""
    about = "Of a choice: all of them, in order. One that is left out goes from the list, not from who has it."
    return fields.List(fields.Nested(Option), metadata={"description": about, "maxItems": attributes.MOST_OPTIONS})


class NewAttribute(Body):
    """An attribute to declare. Code and type never change."""

    subject = one_of("What it is about.", *attributes.SUBJECTS, load_default="person")
    label = line("How people read it.", attributes.LONGEST_LABEL, required=True)
    code = line("How values name it. Made from the label when left out.", 40, pattern="^[a-z][a-z0-9_]*$")
    type = one_of("What its values are.", *attributes.TYPES, required=True)
    options = options()
    personal = truth(
        "Whether its values tell about a person: what is typed then stands with the customer alone.",
        load_default=True,
    )
    own = truth("Whether customers may correct their own values on the customer pages.", load_default=False)


class AttributeChange(Body):
    """What to change; what is left out stays."""

    label = line("How people read it.", attributes.LONGEST_LABEL)
    options = options()
    personal = truth("Whether its values tell about a person.")
    own = truth("Whether customers may correct their own values on the customer pages.")
    archived = truth("True puts it away, false brings it back; values stay.")

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class AttributeQuery(Cursors):
    """Which attributes to list; there are at most 100 in use."""

    subject = one_of("What they are about.", *attributes.SUBJECTS, load_default="person")
    archived = flag("Whether to list those that are put away instead.", load_default=False)


class Attribute(Answer):
    """A declared attribute."""

    id = identifier("Its id.", required=True)
    subject = one_of("What it is about.", *attributes.SUBJECTS, required=True)
    code = fields.String(required=True, metadata={"description": "How values name it."})
    label = fields.String(required=True, metadata={"description": "How people read it."})
    type = one_of("What its values are.", *attributes.TYPES, required=True)
    options = fields.List(fields.Nested(Option), required=True, metadata={"description": "Of a choice."})
    personal = fields.Boolean(required=True, metadata={"description": "Whether its values tell about a person."})
    own = fields.Boolean(required=True, metadata={"description": "Whether customers may correct their own values."})
    position = whole("Where it stands among the others.", 0, LARGEST, required=True)
    archived_at = moment("When it was put away.", required=True, allow_none=True)
    created_at = moment("When it was declared.", required=True)


AttributePage = page_of(Attribute, "AttributePage")
