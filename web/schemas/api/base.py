"""The parts that several resources share: the base of bodies and answers, problems, cursor pages, field makers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, validate

from infra.i18n import N_

LARGEST_PAGE = 200
LONGEST_CURSOR = 500
LONGEST_LANGUAGE = 20
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
CURSOR = "^[A-Za-z0-9_.-]+$"
LANGUAGE = "^[A-Za-z0-9-]+$"

NOT_ID = N_("This must be an id such as 0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44.")
NOT_MOMENT = N_("This must be a date and time with its offset, such as 2026-03-01T09:30:00Z.")
NOT_DAY = N_("This must be a date such as 2026-03-01.")
NOT_WHOLE = N_("This must be a whole number.")
OUT_OF_RANGE = N_("This number is outside of what is accepted here.")
NOT_TRUTH = N_("This must be true or false.")
NOT_TEXT = N_("This must be a text.")
WRONG_LENGTH = N_("This is empty or too long.")
NOT_LISTED = N_("This is none of the accepted values.")
NOT_OBJECT = N_("This must be an object.")
NOT_LIST = N_("This must be a list.")
MISSING = N_("This is missing.")
UNKNOWN = N_("This is not known here.")
CONTROL = N_("This holds control characters.")

WORDS: dict[str, Any] = {"required": MISSING, "null": MISSING, "unknown": UNKNOWN, "type": NOT_OBJECT}

OURS = {
    fields.Field.default_error_messages["required"]: MISSING,
    fields.Field.default_error_messages["null"]: MISSING,
    fields.List.default_error_messages["invalid"]: NOT_LIST,
    fields.Mapping.default_error_messages["invalid"]: NOT_OBJECT,
    fields.Nested.default_error_messages["type"]: NOT_OBJECT,
    fields.String.default_error_messages["invalid"]: NOT_TEXT,
}
"""What marshmallow says where a field has no words of its own, and what we say, which is translated."""

Example = Mapping[str, object]


class Body(Schema):
    """What comes in: a field nobody knows is an error, so that a typing mistake is not passed over."""

    error_messages = WORDS

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: "fields.Field[Any]") -> None:
        """Puts our words where the field, or what it holds, has none of its own."""
        inside = (getattr(field_obj, name, None) for name in ("inner", "key_field", "value_field"))
        for field in (field_obj, *(each for each in inside if each is not None)):
            field.error_messages = {code: OURS.get(said, said) for code, said in field.error_messages.items()}


class Answer(Schema):
    """What goes out. Later versions may add to it, so programs pass over what they do not know."""

    class Meta:
        unknown = INCLUDE


class Query(Body):
    """The parameters behind the question mark."""


def identifier(description: str, **options: Any) -> fields.UUID:
    """An id."""
    return fields.UUID(
        error_messages={**WORDS, "invalid_uuid": NOT_ID, "invalid": NOT_ID},
        metadata={"description": description},
        **options,
    )


def moment(description: str, **options: Any) -> fields.AwareDateTime:
    """A point in time, never without its offset; given out in UTC."""
    messages = {"invalid": NOT_MOMENT, "invalid_awareness": NOT_MOMENT, "format": NOT_MOMENT}
    return fields.AwareDateTime(
        format="iso", error_messages={**WORDS, **messages}, metadata={"description": description}, **options
    )


def day(description: str, **options: Any) -> fields.Date:
    """A calendar day in the survey's time zone."""
    return Day(
        error_messages={**WORDS, "invalid": NOT_DAY, "format": NOT_DAY},
        metadata={"description": description},
        **options,
    )


class Day(fields.Date):
    """A day as four digits, two and two; Python alone would also take `20260301` and `2026-W09-7`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> date:
        if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
            raise self.make_error("invalid", input=value, obj_type="date")
        return super()._deserialize(value, attr, data, **options)


def whole(description: str, low: int, high: int, **options: Any) -> fields.Integer:
    """A whole number between the bounds."""
    return fields.Integer(
        strict=options.pop("strict", True),
        validate=validate.Range(low, high, error=OUT_OF_RANGE),
        error_messages={**WORDS, "invalid": NOT_WHOLE, "too_large": NOT_WHOLE},
        metadata={"description": description},
        **options,
    )


class JsonBoolean(fields.Boolean):
    """True or false as JSON says it, not "yes" or 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def truth(description: str, **options: Any) -> fields.Boolean:
    """True or false in a body."""
    messages = {**WORDS, "invalid": NOT_TRUTH}
    return JsonBoolean(error_messages=messages, metadata={"description": description}, **options)


class Flag(fields.Boolean):
    """`true` or `false` behind the question mark."""

    def __init__(self, **options: Any) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, **options)


def flag(description: str, **options: Any) -> fields.Boolean:
    """True or false in a query."""
    messages = {**WORDS, "invalid": NOT_TRUTH}
    return Flag(error_messages=messages, metadata={"description": description}, **options)


class Line(fields.String):
    """A text of one line without control characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if any(character < " " or "\x7f" <= character < "\xa0" for character in text):
            raise ValidationError(CONTROL)
        return text


def line(
    description: str, longest: int, *, shortest: int = 1, pattern: str = PRINTABLE, **options: Any
) -> fields.String:
    """A text of one line. `pattern` is what the description says of it; the domain has the last word."""
    metadata = {"description": description, "pattern": pattern}
    return Line(
        validate=validate.Length(shortest, longest, error=WRONG_LENGTH),
        error_messages={**WORDS, "invalid": NOT_TEXT, "invalid_utf8": NOT_TEXT},
        metadata=metadata,
        **options,
    )


def one_of(description: str, *values: str, **options: Any) -> fields.String:
    """One of the listed words."""
    return fields.String(
        validate=validate.OneOf(values, error=NOT_LISTED),
        error_messages={**WORDS, "invalid": NOT_TEXT},
        metadata={"description": description},
        **options,
    )


class JsonObject(fields.Raw):
    """Any JSON object; what it may hold is checked by the domain, which names each place that is wrong."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(NOT_OBJECT)
        return value


def json_object(description: str, shape: Mapping[str, object] | None = None, **options: Any) -> fields.Raw:
    """A JSON object; `shape` adds to what OpenAPI says of it."""
    metadata = {"type": "object", "description": description, **(shape or {})}
    return JsonObject(error_messages=WORDS, metadata=metadata, **options)


class Problem(Answer):
    """An error as RFC 9457 has it. `code` is stable and meant for programs, `detail` for people."""

    type = fields.String(required=True, metadata={"description": "A URN that names the kind of problem."})
    title = fields.String(required=True, metadata={"description": "The kind of problem in a few words."})
    status = fields.Integer(required=True, metadata={"description": "The status code again."})
    detail = fields.String(required=True, metadata={"description": "What happened and what to do, in a sentence."})
    code = fields.String(required=True, metadata={"description": "Stable; decide by this."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={
            "description": "What is wrong where: sentences by field, by question id, or by JSON pointer into a"
            " survey definition."
        },
    )
    reference = fields.String(metadata={"description": "Stands in our log; name it when you write to us."})


class Cursors(Query):
    """Pages. A cursor belongs to the list and the filters it was given for."""

    cursor = line(
        "The `next_cursor` of the page before. Leave it out for the first page.", LONGEST_CURSOR, pattern=CURSOR
    )
    limit = whole("How many items a page has at most.", 1, LARGEST_PAGE, strict=False, load_default=50)


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a cursor page of items."""
    parts: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "Send it as `cursor` for the next page; null after the last."},
        ),
        "__module__": item.__module__,
        "__doc__": "One page, newest first.",
    }
    return type(name, (Answer,), parts)


def language(description: str, **options: Any) -> fields.String:
    """A language such as `en` or `pt-BR`."""
    return line(description, LONGEST_LANGUAGE, pattern=LANGUAGE, **options)
