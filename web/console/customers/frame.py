"""What the pages about customers share: the sections beside the list, the tabs of one customer, and words.

A page of another domain that belongs here is one line: in SECTIONS (beside the list), in TABS (of one customer), or
in PARTS and COMPANY_PARTS (a section on the first tab of a customer, on the page of a company).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from customers import companies, people
from customers.models import Attribute, Company, Person
from customers.revisions import revision_of
from infra.i18n import N_, current_locale, format_date, format_number, gettext, language_name
from tenants import branding
from web import tenancy
from web.auth import may
from web.console.customers import likeness, timeline
from web.console.customers.source_names import SOURCE_NAMES as SOURCE_NAMES

Tab = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Line:
    """A page: what it is called, its endpoint, who may open it."""

    label: str
    endpoint: str
    permission: str


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a page that another module draws: a template, and what it is handed for the one shown."""

    template: str
    permission: str
    show: Callable[[Session, Any], Mapping[str, Any]]


# fmt: off
SECTIONS: tuple[Line, ...] = (
    Line(N_("People"), "console.customers.index", "customers.read"),
    Line(N_("Companies"), "console.customers.company_list", "customers.read"),
    Line(N_("Import"), "console.imports.import_list", "customers.import"),
    Line(N_("Duplicates"), "console.duplicates.pairs", "customers.merge"),
    Line(N_("Segments"), "console.customers.segment_list", "customers.read"),
    Line(N_("Incoming mail"), "console.customers.mails.unknown", "mail.manage"),
    Line(N_("Messages"), "console.customers.contacts", "customers.read"),
)
"""Beside the list of customers."""

TABS: tuple[Line, ...] = (
    Line(N_("Timeline"), "console.customers.person", "customers.read"),
    Line(N_("Tasks"), "console.tasks.of_person", "customers.read"),
    Line(N_("Details"), "console.customers.details", "customers.read"),
    Line(N_("Returned mail"), "console.customers.mails.returned", "customers.read"),
    Line(N_("Consent"), "console.customers.consent", "customers.read"),
)
"""Of one customer; each takes `person_id`."""

PARTS: tuple[Part, ...] = (
    Part("console/customers/duplicates/part.html", "customers.merge", likeness.of_person),
    Part("console/customers/timeline/part.html", "customers.read", timeline.of_person),
)
"""On the first tab of a customer, in their order; `show` gets the person."""

COMPANY_PARTS: tuple[Part, ...] = (
    Part("console/customers/duplicates/company_part.html", "customers.merge", likeness.of_company),
    Part("console/customers/timeline/part.html", "customers.read", timeline.of_company),
)
"""On the page of a company, below its people; `show` gets the company."""
# fmt: on

LANGUAGES = (
    *(
        "ar",
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "en-GB",
        "en-US",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
    ),
    *(
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
        "nb",
        "nl",
        "pl",
        "pt",
        "pt-BR",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "tr",
    ),
    *("uk", "vi", "zh"),
)
"""What forms offer; the API takes any."""


def the_person(person_id: UUID) -> Person:
    """The customer of this request. Raises PersonNotFound."""
    return people.get(tenancy.session(), person_id)


def the_company(company_id: UUID) -> Company:
    """The company of this request. Raises CompanyNotFound."""
    return companies.get(tenancy.session(), company_id)


def sections(current: str) -> list[Tab]:
    """The sections that the one who looks may open."""
    return [
        (gettext(line.label), url_for(line.endpoint), line.endpoint.rpartition(".")[2] == current)
        for line in SECTIONS
        if may(line.permission)
    ]


def tabs(person: Person, current: str) -> list[Tab]:
    """The tabs of one customer."""
    return [
        (
            gettext(line.label),
            url_for(line.endpoint, person_id=person.id),
            line.endpoint.rpartition(".")[2] == current,
        )
        for line in TABS
        if may(line.permission)
    ]


def shown_parts(parts: tuple[Part, ...], about: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Template and values of each part that the one who looks may see."""
    return [(part.template, part.show(tenancy.session(), about)) for part in parts if may(part.permission)]


def in_words(attribute: Attribute, value: Any) -> str:
    """A stored value as a person reads it; an option that is gone reads as its code."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if attribute.type == "choice":
        return next((option["label"] for option in attribute.options if option["code"] == value), str(value))
    if attribute.type == "date":
        return format_date(date.fromisoformat(value))
    if attribute.type == "number":
        return format_number(value)
    return str(value)


def option_choices(attribute: Attribute, value: str | None) -> list[tuple[str, str]]:
    """The options of a choice; one that is gone and still stands somewhere is offered by its code."""
    known = [(option["code"], option["label"]) for option in attribute.options]
    return known if not value or value in dict(known) else [*known, (value, value)]


def language_choices(*also: str | None) -> list[tuple[str, str]]:
    """Languages by their names, those that are stored besides."""
    codes = {*LANGUAGES, *(each for each in also if each)}
    named = sorted(
        ((code, language_name(code, current_locale())) for code in codes), key=lambda pair: pair[1].casefold()
    )
    return [("", gettext("Not known")), *named]


def zone_choices() -> list[tuple[str, str]]:
    """Every time zone, by its name in the zone database, written as people write it."""
    return [(zone, zone.replace("_", " ")) for zone in branding.zones()]


def head(person: Person, current: str) -> dict[str, Any]:
    """What stands on top of every page about one customer."""
    session = tenancy.session()
    company = companies.names_of(session, [person.company_id]).get(person.company_id) if person.company_id else None
    return {
        "person": person,
        "title": people.display_name(person) or gettext("Customer without a name"),
        "company": company,
        "tabs": tabs(person, current),
        "source": SOURCE_NAMES.get(person.source, person.source),
        "revision": revision_of(person),
    }
