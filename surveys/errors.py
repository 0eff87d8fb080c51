"""What can go wrong with surveys and responses, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from surveys.definition import DefinitionInvalid
from surveys.definition.parts import PartNotFound
from surveys.library import TemplateNotFound
from surveys.wording import N_


class SurveyNotFound(NotFound):
    """No such survey in this tenant."""

    code = "survey_not_found"
    message = N_("There is no such survey.")


class VersionNotFound(NotFound):
    """No such version of this survey."""

    code = "survey_version_not_found"
    message = N_("There is no such version of this survey.")


class ResponseNotFound(NotFound):
    """No such response to this survey."""

    code = "response_not_found"
    message = N_("There is no such response.")


class SurveyInvalid(Invalid):
    """Name, address or zone cannot be used; `problems` by field."""

    code = "survey_invalid"
    message = N_("The survey cannot be saved like this.")


class DraftChanged(Conflict):
    """The draft was saved by somebody else since it was read; the field `revision` is the present one."""

    code = "survey_draft_changed"
    message = N_("Somebody else has changed this survey in the meantime. Reload it to see the changes.")


class AddressTaken(Conflict):
    """Another survey has this address."""

    code = "survey_address_taken"
    message = N_("Another survey already has this address.")


class SurveyArchived(Conflict):
    """An archived survey is not changed or published."""

    code = "survey_archived"
    message = N_("This survey is archived. Restore it first.")


class SurveyHasResponses(Conflict):
    """Deleting would lose responses, and that was not confirmed."""

    code = "survey_has_responses"
    message = N_("This survey has %(responses)s responses. Archive it, or confirm with its name to delete all.")


class NotPublishable(Invalid):
    """The draft has problems that customers would run into; `problems` by JSON pointer."""

    code = "survey_not_publishable"
    message = N_("This survey cannot be published yet.")


class SurveyNotLive(Conflict):
    """The survey takes no answers: withdrawn, archived or deleted."""

    code = "survey_not_live"
    message = N_("This survey is closed and takes no more answers.")


class AnswersInvalid(Invalid):
    """Some answers cannot be accepted; `problems` by question id. Nothing was stored."""

    code = "answers_invalid"
    message = N_("Some answers are missing or cannot be accepted.")


class SubmissionInvalid(Invalid):
    """The submission around the answers is wrong: language, revision; `problems` by field."""

    code = "submission_invalid"
    message = N_("This submission cannot be accepted.")


class SubmissionKeyTaken(Conflict):
    """The submission key belongs to a response of another survey."""

    code = "submission_key_taken"
    message = N_("This form was already used for another survey. Please open the survey again.")


class RevisionTaken(Conflict):
    """Other content has this revision or a later one; the field `revision` is the present one."""

    code = "submission_revision_taken"
    message = N_("Other answers were already stored from this form.")


class SurveyNotOpen(Conflict):
    """Nobody is invited to what takes no answers."""

    code = "survey_not_open"
    message = N_("This survey takes no answers now. Publish it, then invite customers.")


class RoundInvalid(Invalid):
    """A round of invitations that cannot begin; `problems` by field."""

    code = "invitations_invalid"
    message = N_("These invitations cannot be sent like this.")


class SegmentGone(Conflict):
    """Of a round that stopped half way nobody knows whom else to ask for."""

    code = "invitations_segment_gone"
    message = N_("The segment was deleted, so nobody more can be asked for. Cancel the rest, or leave it as it is.")


class RoundNotFound(NotFound):
    """No such round of invitations to this survey."""

    code = "invitations_not_found"
    message = N_("There are no such invitations.")


class CorrectionClosed(Conflict):
    """The response is finished and the time for corrections is over."""

    code = "response_correction_closed"
    message = N_("Your answers were stored. They can no longer be changed.")


__all__ = [
    "AddressTaken",
    "AnswersInvalid",
    "CorrectionClosed",
    "DefinitionInvalid",
    "DraftChanged",
    "NotPublishable",
    "PartNotFound",
    "ResponseNotFound",
    "RevisionTaken",
    "RoundInvalid",
    "RoundNotFound",
    "SegmentGone",
    "SubmissionInvalid",
    "SubmissionKeyTaken",
    "SurveyArchived",
    "SurveyHasResponses",
    "SurveyInvalid",
    "SurveyNotFound",
    "SurveyNotLive",
    "SurveyNotOpen",
    "TemplateNotFound",
    "VersionNotFound",
]
