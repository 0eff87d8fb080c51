"""What came back of mail to a customer, for programs."""

from marshmallow import fields

from web.schemas.api.base import Answer, identifier, moment, one_of, page_of, truth

KINDS = ("hard", "soft", "complaint", "reply", "delivered", "unknown")


class Bounce(Answer):
    """One report about one mail."""

    id = identifier("Its id.", required=True)
    kind = one_of("`hard`: the address takes no mail; `soft`: not now, or not this one.", *KINDS, required=True)
    status = fields.String(required=True, allow_none=True, metadata={"description": "RFC 3463, like 5.1.1."})
    diagnostic = fields.String(
        required=True, allow_none=True, metadata={"description": "What was said, without addresses."}
    )
    source = one_of("Who told: the server, a mail, or SES.", "smtp", "mail", "ses", required=True)
    proved = truth("Whether the report proves to be about our mail.", required=True)
    suppressed = truth("Whether it ended in a suppression of the address.", required=True)
    at = moment("When it was told.", required=True)


BouncePage = page_of(Bounce, "BouncePage")

BOUNCE = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2b01",
    "kind": "hard",
    "status": "5.1.1",
    "diagnostic": "550 5.1.1 (address) User unknown",
    "source": "mail",
    "proved": True,
    "suppressed": True,
    "at": "2026-03-02T09:00:05+00:00",
}
BOUNCE_PAGE = {"items": [BOUNCE], "next_cursor": None}
