"""Mail that came in and is no contact (yet), for programs."""

from typing import Any

from marshmallow import fields

from customers.inbound_desk import KINDS
from infra.mail.inbound.authentication import RESULTS
from web.schemas.api.base import Answer, Body, Cursors, identifier, moment, one_of, page_of, whole
from web.schemas.api.interactions import File

STATES = (*KINDS.values(), "logged")


class InboundMailQuery(Cursors):
    """Which mails to list."""

    kind = one_of(
        "`waiting`: of unknown senders; `quarantined`: disowned by the sender's domain; `ignored`: part of a loop;"
        " `failed`: not readable; `set_aside`: nobody's.",
        *KINDS,
        load_default="waiting",
    )


class MailOwner(Body):
    """Whose a mail is."""

    person_id = identifier("The customer.", required=True)


class MailChecks(Answer):
    """What was found about the sender: results of RFC 8601, and the rule of the sender's domain."""

    dkim = fields.String(required=True, metadata={"description": "Of a signature that fits the sender."})
    spf = fields.String(
        required=True, metadata={"description": "Of the server that connected; `other`: for another domain."}
    )
    dmarc = fields.String(
        required=True, metadata={"description": "`none`, `quarantine`, `reject`, or empty where there is no rule."}
    )
    author = fields.String(
        metadata={"description": "`unclear`: the From line can be read in more than one way. Else not there."}
    )


class InboundMail(Answer):
    """A mail that came in."""

    id = identifier("Its id.", required=True)
    state = one_of("What became of it; `unassigned` waits for somebody.", *STATES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why, in a sentence."})
    sender = fields.String(required=True, allow_none=True, metadata={"description": "The address it names."})
    sender_name = fields.String(required=True, allow_none=True, metadata={"description": "The name it names."})
    local_part = fields.String(required=True, metadata={"description": "To whom it was sent, before the @."})
    subject = fields.String(required=True, allow_none=True, metadata={"description": "Its subject."})
    body = fields.String(required=True, allow_none=True, metadata={"description": "Its words."})
    automatic = one_of(
        "`reply` and `bulk` were written by machines, `loop` goes in circles.",
        *("reply", "bulk", "loop"),
        required=True,
        allow_none=True,
    )
    authentication = one_of(
        "Whether it comes from whom it says; `failed`: its domain asks not to accept it.",
        *RESULTS,
        required=True,
        allow_none=True,
    )
    checks = fields.Nested(MailChecks, required=True, allow_none=True)
    files = fields.List(fields.Nested(File), required=True, metadata={"description": "What came with it."})
    size = whole("Bytes of the whole mail.", 0, 2**40, required=True)
    person_id = identifier("Whose it is, or seems to be.", required=True, allow_none=True)
    received_at = moment("When it came.", required=True)


InboundMailPage = page_of(InboundMail, "InboundMailPage")

INBOUND_MAIL: dict[str, Any] = {
    "id": "0192f0c2-8b5f-7d4c-8e1b-4a2d6c9f3c12",
    "state": "quarantined",
    "reason": "The domain of this sender says that the mail does not come from it.",
    "sender": "ann@shop.example",
    "sender_name": "Ann Lee",
    "local_part": "hello",
    "subject": "A question",
    "body": "Where is my coffee?",
    "automatic": None,
    "authentication": "failed",
    "checks": {"dkim": "none", "spf": "fail", "dmarc": "reject"},
    "files": [],
    "size": 2048,
    "person_id": "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e",
    "received_at": "2026-03-02T09:00:05+00:00",
}
GIVEN_MAIL = {**INBOUND_MAIL, "state": "logged", "reason": None}
MAIL_OWNER = {"person_id": "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e"}
INBOUND_MAIL_PAGE = {"items": [INBOUND_MAIL], "next_cursor": None}
