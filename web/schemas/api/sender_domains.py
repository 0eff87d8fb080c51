"""Domains that mail comes from, and mail whose fate somebody decides about, for programs."""

from marshmallow import fields

from web.schemas.api.base import Answer, Body, Cursors, identifier, line, moment, one_of, page_of, truth, whole

RECORDS = ("dkim", "spf", "dmarc")
SEEN = ("found", "missing", "elsewhere", "unanswered", "unchecked")
LONGEST_DOMAIN = 253


class NewSenderDomain(Body):
    """A domain of yours."""

    domain = line("Such as example.org.", LONGEST_DOMAIN, required=True)
    local_part = line("What stands before the @ in the sender's address.", 64, load_default="hello")


class SenderRecord(Answer):
    """A TXT record that you set where you manage the domain."""

    kind = one_of("What it is for.", *RECORDS, required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    value = fields.String(required=True, metadata={"description": "Its text."})
    needed = truth("Whether mail cannot come from the domain without it.", required=True)
    state = one_of("What the last check found; `elsewhere` says something else.", *SEEN, required=True)


class SenderDomain(Answer):
    """A domain that mail to customers can come from."""

    id = identifier("Its id.", required=True)
    domain = fields.String(required=True, metadata={"description": "In ASCII."})
    local_part = fields.String(required=True, metadata={"description": "What stands before the @."})
    main = truth("Whether mail to customers comes from it now.", required=True)
    records = fields.List(fields.Nested(SenderRecord), required=True)
    verified_at = moment("Since when mail may come from it.", required=True, allow_none=True)
    failing_since = moment("Since when its record is missing.", required=True, allow_none=True)
    checked_at = moment("When it was looked at last.", required=True, allow_none=True)
    created_at = moment("When it was added.", required=True)


SenderDomainPage = page_of(SenderDomain, "SenderDomainPage")


class OutgoingMailQuery(Cursors):
    """Which mails to list."""

    state = one_of("`unknown`: nobody knows whether it arrived.", "unknown", "refused", load_default="unknown")


class SendingAgain(Body):
    """Which attempt was looked at, so that two who decide send one mail."""

    attempts = whole("The mail's `attempts` as you saw them.", 1, 1_000_000, required=True)


class OutgoingMail(Answer):
    """A mail that left us, without its words and address."""

    id = identifier("Its id.", required=True)
    state = one_of(
        "How it stands.",
        *("queued", "leased", "sending", "held", "accepted", "refused", "unknown", "cancelled"),
        required=True,
    )
    purpose = fields.String(required=True, metadata={"description": "What kind of mail, as a code."})
    contact_id = identifier("The message to a customer, where it is one.", required=True, allow_none=True)
    person_id = identifier("The customer.", required=True, allow_none=True)
    attempts = fields.Integer(required=True, metadata={"description": "How often it was sent."})
    receipt = fields.String(
        required=True, allow_none=True, metadata={"description": "What the server answered, without addresses."}
    )
    message_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Its Message-ID, by which servers find it."}
    )
    created_at = moment("When it was asked for.", required=True)
    finished_at = moment("When it came to this state.", required=True, allow_none=True)


OutgoingMailPage = page_of(OutgoingMail, "OutgoingMailPage")

NEW_SENDER = {"domain": "example.org", "local_part": "hello"}
SENDER = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2f01",
    **NEW_SENDER,
    "main": False,
    "records": [
        {
            "kind": "dkim",
            "name": "r0123456789._domainkey.example.org",
            "value": "v=DKIM1; k=rsa; p=MIIBIjANBg",
            "needed": True,
            "state": "unchecked",
        }
    ],
    "verified_at": None,
    "failing_since": None,
    "checked_at": None,
    "created_at": "2026-03-02T08:15:00+00:00",
}
SENDER_PAGE = {"items": [SENDER], "next_cursor": None}
MAIL = {
    "id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2f02",
    "state": "unknown",
    "purpose": "customers.contact",
    "contact_id": "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2",
    "person_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44",
    "attempts": 1,
    "receipt": None,
    "message_id": "<0192f0c1@mail.example.org>",
    "created_at": "2026-03-02T08:15:00+00:00",
    "finished_at": "2026-03-02T08:15:30+00:00",
}
MAIL_PAGE = {"items": [MAIL], "next_cursor": None}
ARRIVED = {**MAIL, "state": "accepted"}
AGAIN = {"attempts": 1}
SENT_AGAIN = {**MAIL, "state": "queued", "finished_at": None}
