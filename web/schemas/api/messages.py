"""Messages to one customer as programs send them. The domain says what their words may hold."""

from typing import Any

from customers import writing_text
from customers.purposes import CHOSEN
from web.schemas.api.base import Answer, Body, identifier, line, moment, one_of
from web.schemas.api.consents import CODE, PURPOSE, TOPIC, said
from web.schemas.api.interactions import words

PERSON_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44"
MESSAGE_ID = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"
INTERACTION_ID = "0192f0e6-2c44-7a10-b1d2-5e6f7a8b9c0d"
AT = "2026-03-02T08:15:00+00:00"

NEW_MESSAGE: dict[str, Any] = {"subject": "Your question of Tuesday", "text": "Hello Ann,\n\nthe beans are here."}
MESSAGE: dict[str, Any] = {
    "id": MESSAGE_ID,
    "person_id": PERSON_ID,
    "interaction_id": INTERACTION_ID,
    "purpose": "message",
    "topic": "",
    "subject": "Your question of Tuesday",
    "text": "Hello Ann,\n\nthe beans are here.",
    "state": "waiting",
    "reason": None,
    "receipt": None,
    "due_at": AT,
    "finished_at": None,
    "created_at": AT,
}
STATES = ("waiting", "held", "sent", "perhaps", "returned", "failed", "cancelled", "refused")


class NewMessage(Body):
    """What to write. Links begin with `https://`."""

    subject = line("One line.", writing_text.LONGEST_SUBJECT, required=True)
    text = words(
        "Plain words; an empty line begins a paragraph.", writing_text.LONGEST_TEXT, shortest=1, required=True
    )
    purpose = one_of(
        "What it is for; it decides which rules hold. With a survey enclosed it is always `survey`.",
        *(purpose.code for purpose in CHOSEN),
        load_default="message",
    )
    topic = line(TOPIC, 40, shortest=0, pattern=CODE, load_default="")
    survey_id = identifier("A survey to invite to, by a personal link.", load_default=None, allow_none=True)


class SentMessage(Answer):
    """A message to one customer, and what became of it."""

    id = identifier("Its id, which is the contact's.", required=True)
    person_id = identifier("The customer.", required=True)
    interaction_id = identifier("On the timeline; null for a refused one.", required=True, allow_none=True)
    purpose = said(PURPOSE, required=True)
    topic = said(TOPIC, required=True)
    subject = said("Its subject; null for a refused one.", required=True, allow_none=True)
    text = said("Its words; null for a refused one.", required=True, allow_none=True)
    state = one_of(
        "`refused` at once and `cancelled` when it was to be sent; `perhaps` when nobody knows; `failed` by the"
        " server's answer; `returned` afterwards.",
        *STATES,
        required=True,
    )
    reason = said("Why it was not sent.", required=True, allow_none=True)
    receipt = said("What the mail server answered.", required=True, allow_none=True)
    due_at = moment("When it may go out, after quiet hours.", required=True)
    finished_at = moment("When the mail server answered.", required=True, allow_none=True)
    created_at = moment("When it was written.", required=True)
