"""What programs outside may hear of surveys and their answers. Ids only: who may read answers asks the API."""

from customers.public_events import PERSON_ID
from infra.i18n import N_
from surveys.events import (
    InvitationsAsked,
    InvitationsBegun,
    InvitationsCancelled,
    InvitationsPaused,
    InvitationsResumed,
    LinkIssued,
    LinkRevoked,
    ResponseCorrected,
    ResponseFinished,
    ResponseScreened,
    SurveyPublished,
    SurveyWithdrawn,
)
from tenants.webhooks.catalogue import SUBJECT, Field, telling

SURVEY_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44"
VERSION_ID = "0192f0c2-11d0-7f6e-8a55-5d0be7c9e001"
RESPONSE_ID = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"
LINK_ID = "0192f0d9-4c8d-7f21-b3e5-6d2f0a9c8b71"
ROUND_ID = "0192f0d9-3b7c-7e10-a2d4-5c1e9f8b7a60"
SEGMENT_ID = "0192f0c1-9b2d-7a34-8c5e-6f7a8b9c0d1e"

_of_response = telling(
    Field("response_id", "id", SUBJECT, "The response.", RESPONSE_ID),
    Field("survey_id", "id", "survey", "The survey that was answered.", SURVEY_ID),
)
_of_survey = telling(Field("survey_id", "id", SUBJECT, "The survey.", SURVEY_ID))
_of_round = telling(
    Field("round_id", "id", SUBJECT, "The round of invitations.", ROUND_ID),
    Field("survey_id", "id", "survey", "The survey to which it invites.", SURVEY_ID),
)
_of_link = telling(
    Field("link_id", "id", SUBJECT, "The personal link.", LINK_ID),
    Field("survey_id", "id", "survey", "The survey to which it leads.", SURVEY_ID),
    Field("person_id", "id", "person", "Whose it is.", PERSON_ID),
)

EVENTS = (
    _of_response(
        "response.finished",
        ResponseFinished,
        N_("Somebody has finished answering a survey."),
        Field("revision", "number", "revision", "The revision that counts now.", 1),
    ),
    _of_response(
        "response.corrected",
        ResponseCorrected,
        N_("Somebody has corrected answers that were finished before."),
        Field("revision", "number", "revision", "The revision that counts now.", 2),
        Field("previous_revision", "number", "previous", "The revision that no longer counts.", 1),
    ),
    _of_response(
        "response.screened",
        ResponseScreened,
        N_("Somebody came to the end of a survey and does not count: they were screened out, or a quota was full."),
        Field("revision", "number", "revision", "The revision that was stored.", 1),
    ),
    _of_survey(
        "survey.published",
        SurveyPublished,
        N_("A version of a survey went live."),
        Field("version_id", "id", "version", "The version that takes answers now.", VERSION_ID),
    ),
    _of_survey("survey.withdrawn", SurveyWithdrawn, N_("A survey was closed and takes no more answers.")),
    _of_link("link.issued", LinkIssued, N_("A personal link to a survey was made to be handed out.")),
    _of_link("link.revoked", LinkRevoked, N_("A personal link to a survey was taken back.")),
    _of_round(
        "invitations.begun",
        InvitationsBegun,
        N_("The customers of a segment are being invited to a survey."),
        Field("segment_id", "id", "segment", "Whose customers are invited.", SEGMENT_ID),
    ),
    _of_round(
        "invitations.asked",
        InvitationsAsked,
        N_("Everybody in a round of invitations was asked for; mails may still be on their way."),
    ),
    _of_round("invitations.paused", InvitationsPaused, N_("A round of invitations was paused.")),
    _of_round("invitations.resumed", InvitationsResumed, N_("A round of invitations goes on.")),
    _of_round(
        "invitations.cancelled", InvitationsCancelled, N_("What was left of a round of invitations was taken back.")
    ),
)
