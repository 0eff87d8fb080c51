"""What a customer's page says about others who might be the same."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from customers import company_likeness, duplicates, merge_images, merging, people, tokens
from customers.models import Company, Merge, Person
from infra.crypto.columns import or_none
from infra.i18n import gettext


def words(codes: tuple[str, ...]) -> str:
    """Why two might be the same, in words."""
    return ", ".join(gettext(tokens.WORDS[code]) for code in codes)


def of_person(session: Session, person: Person) -> Mapping[str, Any]:
    """For the customer's page: who might be the same, and what was merged into them."""
    merges = [(made, _merged(made), merging.may_undo(made)) for made in merging.list_merges(session, person)]
    found = [(each.person, words(each.why)) for each in duplicates.likely(session, person)]
    return {"person": person, "likely": found, "merges": merges, "display_name": people.display_name}


def of_company(session: Session, company: Company) -> Mapping[str, Any]:
    """For the company's page: which might be the same, and what was merged into it."""
    merges = [(made, merge_images.may_undo(made)) for made in merge_images.list_of(session, company.id)]
    return {
        "company": company,
        "likely": [each.company for each in company_likeness.likely(session, company)],
        "merges": merges,
    }


def _merged(made: Merge) -> str:
    """Who was merged, as they were then: a name and an address; "" when they were erased since."""
    was = json.loads(or_none(lambda: made.merged_before or "{}") or "{}")
    return " · ".join(was[field] for field in ("name", "email", "phone", "external_id") if was.get(field))
