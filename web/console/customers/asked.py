"""What stands in the address of the list, and what it asks for. Views, exports and bulk actions keep the same.

An attribute's filter stands there as `a.<code>=<value>`. What is not known, or no longer, is passed over: an old
link shows more then, and the chips above the list say what it is narrowed to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from customers import queries, search, typed
from customers.attributes import list_attributes
from customers.models import Attribute, Segment
from customers.models.views import ATTRIBUTE
from customers.people import SOURCES
from customers.queries import PeopleFilters
from customers.values import Unfit, language
from infra.i18n import N_, current_locale, gettext, language_name
from web import tenancy
from web.console.customers import frame

PREFIX = ATTRIBUTE
MOST_COLUMNS = 6
LONGEST_CHIP = 40
CONTACTS: Mapping[str, str] = {
    "within:7": N_("In the last 7 days"),
    "within:30": N_("In the last 30 days"),
    "within:90": N_("In the last 90 days"),
    "beyond:30": N_("Not for 30 days"),
    "beyond:90": N_("Not for 90 days"),
    "beyond:365": N_("Not for a year"),
    queries.NEVER: N_("Never"),
}
SCORES: Mapping[str, str] = {
    "promoters": N_("Promoters (NPS 9 and 10)"),
    "passives": N_("Passives (NPS 7 and 8)"),
    "detractors": N_("Detractors (NPS 0 to 6)"),
    "satisfied": N_("Satisfied (CSAT 4 and 5)"),
    "dissatisfied": N_("Not satisfied (CSAT 1 to 3)"),
    "easy": N_("Easy (CES 5 to 7)"),
    "difficult": N_("Difficult (CES 1 to 4)"),
    queries.UNSCORED: N_("No score yet"),
}
ORDERS: Mapping[str, str] = {queries.NEWEST: N_("Newest first"), queries.LAST_CONTACT: N_("Last contact first")}
FRAME = ("language", "source", "contact", "score", "company", "segment", "order", "columns")


@dataclass(frozen=True, slots=True)
class Asked:
    """A list: its filters as they stand in the address (`kept`), and what they mean."""

    words: str
    kept: Mapping[str, str]
    filters: PeopleFilters
    order: str
    columns: Sequence[Attribute]
    attributes: Sequence[Attribute]

    def address(self, *without: str) -> dict[str, Any]:
        """The address's parts with the search, some left out."""
        parts = {"q": self.words, **self.kept}
        return {name: value for name, value in parts.items() if value and name not in without}

    @property
    def narrowed(self) -> bool:
        """Whether not everybody is listed."""
        return self.filters.narrows


def read(given: Mapping[str, str]) -> Asked:
    """What an address or the hidden fields of a form ask for."""
    session = tenancy.session()
    declared = list_attributes(session, "person")
    given = _flat(given)
    kept = {name: given[name].strip()[:200] for name in FRAME if given.get(name, "").strip()}
    values = _attribute_values(declared, given)
    kept |= {PREFIX + code: given[PREFIX + code].strip()[:200] for code in values}
    words = " ".join("".join(each if each.isprintable() else " " for each in given.get("q", "")[:254]).split())
    filters = PeopleFilters(
        search=search.asked(session, words),
        company_id=_uuid(kept.get("company", "")),
        segment_id=_segment(kept.get("segment", "")),
        language=_language(kept.get("language", "")),
        source=_known(kept.get("source", ""), SOURCES),
        contact=_known(kept.get("contact", ""), CONTACTS),
        score=_known(kept.get("score", ""), SCORES),
        attributes=values,
    )
    order = _known(kept.get("order", ""), queries.ORDERS) or queries.NEWEST
    by_code = {attribute.code: attribute for attribute in declared}
    chosen = [by_code[code] for code in kept.get("columns", "").split(",") if code in by_code][:MOST_COLUMNS]
    return Asked(words, kept, filters, order, chosen, declared)


def chips(asked: Asked, company: str | None) -> list[tuple[str, str]]:
    """What the list is narrowed to, in words, each with the name of its part in the address."""
    filters = asked.filters
    shown = [
        (asked.words, gettext("Search: %(words)s", words=asked.words), "q"),
        (filters.language, gettext("Language: %(name)s", name=_name(filters.language)), "language"),
        (filters.source, gettext(frame.SOURCE_NAMES.get(filters.source, "")), "source"),
        (
            filters.contact,
            gettext("Last contact: %(when)s", when=gettext(CONTACTS.get(filters.contact, ""))),
            "contact",
        ),
        (filters.score, gettext(SCORES.get(filters.score, "")), "score"),
        (filters.company_id, gettext("Company: %(name)s", name=company or "–"), "company"),
        (filters.segment_id, gettext("Segment: %(name)s", name=_segment_name(filters.segment_id)), "segment"),
    ]
    found = [(_short(words), name) for value, words, name in shown if value]
    for attribute in asked.attributes:
        if attribute.code in filters.attributes:
            value = frame.in_words(attribute, filters.attributes[attribute.code])
            found.append((_short(f"{attribute.label}: {value}"), PREFIX + attribute.code))
    return found


def _short(words: str) -> str:
    """Words that fit on a chip."""
    return words if len(words) <= LONGEST_CHIP else words[: LONGEST_CHIP - 1].rstrip() + "…"


def _flat(given: Mapping[str, str]) -> Mapping[str, str]:
    """Boxes that were ticked beside each other become one part of the address."""
    if isinstance(given, MultiDict) and len(columns := given.getlist("columns")) > 1:
        return {**given.to_dict(), "columns": ",".join(columns)}
    return given


def _attribute_values(declared: Sequence[Attribute], given: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for attribute in declared:
        text = given.get(PREFIX + attribute.code, "").strip()
        if text:
            try:
                found[attribute.code] = typed.typed(attribute, text)
            except Unfit:
                continue
    return {code: value for code, value in found.items() if value is not None}


def _name(code: str) -> str:
    return language_name(code, current_locale()) if code else ""


def _known(text: str, known: Any) -> str:
    return text if text in known else ""


def _language(text: str) -> str:
    try:
        return language(text)
    except Unfit:
        return ""


def _segment(text: str) -> UUID | None:
    """One that is gone narrows no more, as everything in an address that is no longer known."""
    found = _uuid(text)
    return found if found and tenancy.session().get(Segment, found) is not None else None


def _segment_name(segment_id: UUID | None) -> str:
    found = tenancy.session().get(Segment, segment_id) if segment_id else None
    return found.name if found is not None else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
