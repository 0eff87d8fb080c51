"""Customers and companies that might be the same, for programs."""

from marshmallow import fields

from customers import company_likeness
from web.schemas.api.base import Answer, Body, identifier, one_of, page_of

REASONS = {
    "email": "same_email",
    "phone": "same_phone",
    "e": "same_mailbox",
    "n": "same_name",
    "p": "same_end_of_phone",
    "s": "last_names_sound_alike",
}
"""What the domain's codes are called here."""
COMPANY_REASONS = {company_likeness.NAME: "same_name", company_likeness.WEBSITE: "same_website"}


class PairOf(Body):
    """Two customers who are not the same."""

    one_id = identifier("One of them.", required=True)
    other_id = identifier("The other one.", required=True)


class Dismissed(Answer):
    """Two who are not offered as the same any more."""

    one_id = identifier("One of them.", required=True)
    other_id = identifier("The other one.", required=True)


class DuplicatePair(Dismissed):
    """Two customers who might be the same."""

    reasons = fields.List(
        one_of("Why.", *REASONS.values()),
        required=True,
        metadata={"description": "What they have in common, strongest first."},
    )


class CompanyPairOf(Body):
    """Two companies that are not the same."""

    one_id = identifier("One of them.", required=True)
    other_id = identifier("The other one.", required=True)


class CompaniesDismissed(Answer):
    """Two that are not offered as the same any more."""

    one_id = identifier("One of them.", required=True)
    other_id = identifier("The other one.", required=True)


class CompanyDuplicatePair(CompaniesDismissed):
    """Two companies that might be the same."""

    reasons = fields.List(
        one_of("Why.", *COMPANY_REASONS.values()), required=True, metadata={"description": "What both have."}
    )


DuplicatePage = page_of(DuplicatePair, "DuplicatePage")
CompanyDuplicatePage = page_of(CompanyDuplicatePair, "CompanyDuplicatePage")

PAIR_OF = {"one_id": "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2a44", "other_id": "019a4a2e-7c00-7aaa-8000-0000000000a2"}
COMPANY_PAIR_PAGE = {"items": [{**PAIR_OF, "reasons": ["same_name"]}], "next_cursor": None}
PAIR_PAGE = {"items": [{**PAIR_OF, "reasons": ["same_mailbox", "same_name"]}], "next_cursor": None}
