"""Segments as programs send and get them. What a rule may hold is the domain's to say, by JSON pointer."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from customers.segments.rules import DEPTH, MOST
from customers.segments.verbs import LONGEST_NAME
from web.schemas.api.base import Answer, Body, Cursors, flag, identifier, json_object, line, moment, one_of, page_of
from web.schemas.api.customers import NOTHING_TO_CHANGE

ABOUT_RULE = (
    "A group: `match` is `all`, `any` or `none`, and `conditions` are groups or conditions of `field`, `operator`"
    f" and `value`. At most {DEPTH} groups in one another and {MOST} conditions. `GET /segment-fields` tells what"
    " can be asked for."
)
SHAPE = {"required": ["match", "conditions"], "additionalProperties": True}


class NewSegment(Body):
    """A segment by a rule."""

    name = line("Its name; no other segment in use has it.", LONGEST_NAME, required=True)
    rule = json_object(ABOUT_RULE, SHAPE, required=True)


class SegmentChange(Body):
    """What to change; what is left out stays. A frozen segment has no other rule."""

    name = line("Its name.", LONGEST_NAME)
    rule = json_object(ABOUT_RULE, SHAPE)

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError for an empty change."""
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class SegmentRule(Body):
    """A rule to try out."""

    rule = json_object(ABOUT_RULE, SHAPE, required=True)


class FrozenCopy(Body):
    """What the frozen segment is called."""

    name = line("Its name; no other segment in use has it.", LONGEST_NAME, required=True)


class SegmentQuery(Cursors):
    """Which segments to list."""

    archived = flag("Whether to list those that are put away.", load_default=False)


class Segment(Answer):
    """A segment."""

    id = identifier("Its id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    kind = one_of("By a rule that is asked anew each time, or frozen.", "dynamic", "frozen", required=True)
    rule = json_object("Its rule; empty where people were chosen one by one.", required=True)
    frozen_at = moment("When the people of a frozen one were written down; null until then.", allow_none=True)
    counted = fields.Integer(
        allow_none=True, metadata={"description": "How many were in it when it was counted last."}
    )
    counted_at = moment("When that was.", allow_none=True)
    created_at = moment("When it was made.", required=True)
    updated_at = moment("When it was changed last.", required=True)
    archived_at = moment("When it was put away.", allow_none=True)


class SegmentCount(Answer):
    """How many people fit, counted for this answer."""

    count = fields.Integer(required=True, metadata={"description": "How many."})
    counted_at = moment("When.", required=True)


class SegmentMember(Answer):
    """Somebody in a segment."""

    id = identifier("The customer.", required=True)
    external_id = fields.String(
        required=True, allow_none=True, metadata={"description": "What your systems call them."}
    )


class SegmentField(Answer):
    """Something that a rule can ask for."""

    field = fields.String(required=True, metadata={"description": "How a condition names it."})
    label = fields.String(required=True, metadata={"description": "What it is called."})
    kind = one_of("Of its values.", "text", "number", "date", "moment", "choice", "boolean", required=True)
    operators = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={
            "description": "Its operators, each with its value: `text`, `number`, `numbers` (two), `day`, `days`"
            " (two), `count` (of days), `codes` (a list), `truth`, or empty for none."
        },
    )
    choices = fields.List(
        fields.String(), required=True, metadata={"description": "The codes of a choice; empty where any fits."}
    )


class SegmentFields(Answer):
    """Everything that rules can ask for here."""

    items = fields.List(fields.Nested(SegmentField), required=True)


SegmentPage = page_of(Segment, "SegmentPage")
MemberPage = page_of(SegmentMember, "SegmentMemberPage")

RULE = {
    "match": "all",
    "conditions": [
        {"field": "nps_band", "operator": "any_of", "value": ["promoters"]},
        {"field": "last_contact_at", "operator": "beyond", "value": 90},
    ],
}
NEW = {"name": "Promoters we have not spoken with", "rule": RULE}
EXAMPLE: dict[str, Any] = {
    "id": "0192f0e8-4e66-7c32-93d4-708192a3b4c5",
    **NEW,
    "kind": "dynamic",
    "frozen_at": None,
    "counted": 412,
    "counted_at": "2026-03-04T17:42:10+00:00",
    "created_at": "2026-03-02T08:15:00+00:00",
    "updated_at": "2026-03-02T08:15:00+00:00",
    "archived_at": None,
}
COPY = {"name": "Promoters in March"}
FROZEN = {**EXAMPLE, **COPY, "kind": "frozen", "counted": None, "counted_at": None}
COUNT = {"count": 412, "counted_at": "2026-03-04T17:42:10+00:00"}
MEMBERS = {"items": [{"id": "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e", "external_id": "K-1047"}], "next_cursor": None}
FIELDS = {
    "items": [
        {
            "field": "nps_band",
            "label": "NPS group",
            "kind": "choice",
            "operators": {"any_of": "codes", "none_of": "codes", "empty": "", "not_empty": ""},
            "choices": ["promoters", "passives", "detractors"],
        }
    ]
}
