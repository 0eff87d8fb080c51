"""Surveys, their drafts, versions and publication."""

from typing import Any

from marshmallow import fields, validates_schema
from marshmallow.exceptions import ValidationError

from infra.i18n import N_
from web.schemas.api.base import (
    Answer,
    Body,
    Cursors,
    Query,
    flag,
    identifier,
    json_object,
    language,
    line,
    moment,
    one_of,
    page_of,
    whole,
)

ONE_START = N_("Send either a definition or a template, not both.")
NOTHING_TO_CHANGE = N_("Say at least one thing to change.")

LONGEST_NAME = 120
LONGEST_ADDRESS = 60
ADDRESS = "^[a-z0-9]+(-[a-z0-9]+)*$"
MOST = 2_000_000_000

DEFINITION = {"allOf": [{"$ref": "#/components/schemas/SurveyDefinition"}]}
ABOUT_DEFINITION = "A survey definition, format 1. Problems in it are named by JSON pointer."


def definition(**options: Any) -> fields.Raw:
    """A field that holds a survey definition."""
    return json_object(ABOUT_DEFINITION, DEFINITION, **options)


class SurveyQuery(Cursors):
    """Which surveys to list."""

    search = line("Words in the name or address.", LONGEST_NAME, shortest=0, load_default="")
    archived = flag("Whether to list archived surveys instead of the others.", load_default=False)


class NewSurvey(Body):
    """A survey to make: from a definition, from a template, or with one empty block."""

    name = line("What staff call it.", LONGEST_NAME, required=True)
    address = line(
        "The last part of its public address, `/s/<address>`. Made from the name when left out.",
        LONGEST_ADDRESS,
        pattern=ADDRESS,
    )
    template = line("The key of a template to start from.", 60)
    definition = definition()
    language = language("The language of the template's name, or of the empty survey.")

    @validates_schema
    def check_start(self, data: dict[str, Any], **options: Any) -> None:
        if "definition" in data and "template" in data:
            raise ValidationError(ONE_START, "template")


class SurveyChange(Body):
    """What to change; what is left out stays."""

    name = line("What staff call it.", LONGEST_NAME)
    address = line(
        "The last part of its public address. The old one leads nowhere from then on.",
        LONGEST_ADDRESS,
        pattern=ADDRESS,
    )

    @validates_schema
    def check_something(self, data: dict[str, Any], **options: Any) -> None:
        if not data:
            raise ValidationError(NOTHING_TO_CHANGE)


class DeletionQuery(Query):
    """How a survey that has responses is deleted."""

    confirm = line("The survey's name, when responses would be lost.", LONGEST_NAME)


class Survey(Answer):
    """A survey as it stands."""

    id = identifier("Its id.", required=True)
    name = line("What staff call it.", LONGEST_NAME, required=True)
    address = line("The last part of its public address.", LONGEST_ADDRESS, pattern=ADDRESS, required=True)
    url = fields.String(required=True, metadata={"description": "Where respondents find it while it is live."})
    state = one_of(
        "`draft` was never published, `live` takes answers, `withdrawn` was live once, `archived` is put away.",
        "draft",
        "live",
        "withdrawn",
        "archived",
        required=True,
    )
    zone = fields.String(
        required=True, metadata={"description": "The IANA time zone in which its days are counted."}
    )
    draft_revision = whole("Rises with each change of the draft.", 1, MOST, required=True)
    live_version_id = identifier("The version that takes answers.", required=True, allow_none=True)
    created_at = moment("When it was made.", required=True)
    updated_at = moment("When draft, name or address changed last.", required=True)
    withdrawn_at = moment("When it was withdrawn.", required=True, allow_none=True)
    archived_at = moment("When it was put away.", required=True, allow_none=True)


SurveyPage = page_of(Survey, "SurveyPage")


class Draft(Answer):
    """The draft of a survey; nobody but staff and keys sees it."""

    survey_id = identifier("The survey.", required=True)
    draft_revision = whole("Send it back when you save; it is the ETag too.", 1, MOST, required=True)
    updated_at = moment("When it changed last.", required=True)
    definition = definition(required=True)
    problems = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "What stands against publishing it, by JSON pointer; empty when nothing does."},
    )


class DraftChange(Body):
    """The whole new draft."""

    definition = definition(required=True)
    draft_revision = whole("The revision that you read and changed. `If-Match` may say it instead.", 1, MOST)


class Publishing(Body):
    """What exactly to publish."""

    draft_revision = whole("Publish only if the draft still has this revision.", 1, MOST)


class VersionSummary(Answer):
    """A published version without its definition."""

    id = identifier("Its id; responses name it.", required=True)
    survey_id = identifier("The survey.", required=True)
    number = whole("1 for the first.", 1, MOST, required=True)
    live = fields.Boolean(required=True, metadata={"description": "Whether it takes answers now."})
    published_at = moment("When it was made.", required=True)


class Version(VersionSummary):
    """A published version, for ever as it was."""

    definition = definition(required=True, attribute="document")


VersionPage = page_of(VersionSummary, "VersionPage")


class Publication(Answer):
    """What respondents see at the survey's address."""

    survey_id = identifier("The survey.", required=True)
    live = fields.Boolean(required=True, metadata={"description": "Whether the address shows the survey."})
    url = fields.String(required=True, metadata={"description": "The public address."})
    version = fields.Nested(
        VersionSummary, required=True, allow_none=True, metadata={"description": "The live version."}
    )
    has_unpublished_changes = fields.Boolean(
        required=True, metadata={"description": "Whether the draft differs from what was published last."}
    )
