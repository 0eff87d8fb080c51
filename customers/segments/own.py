"""What the register itself can be asked for: people, their companies and attributes, scores, and other segments."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from customers import companies, values
from customers.attributes import list_attributes
from customers.models import Attribute, Company, Identity, Person
from customers.models.segments import Segment
from customers.segments import kinds
from customers.segments.fields import COMPANY, PERSON, Asking, Field, Fits, Kind
from customers.segments.rules import NOT_LISTED
from customers.values import Unfit
from infra.i18n import N_

SCORES, SEGMENTS = N_("Scores"), N_("Segments")
BANDS: Mapping[str, tuple[str, int, int]] = {
    "promoters": (N_("Promoters (9 and 10)"), 9, 10),
    "passives": (N_("Passives (7 and 8)"), 7, 8),
    "detractors": (N_("Detractors (0 to 6)"), 0, 6),
}
SOURCES = (
    ("staff", N_("Added by hand")),
    ("import", N_("Imported")),
    ("api", N_("By a program")),
    ("portal", N_("Signed up in the portal")),
    ("mail", N_("Wrote a mail")),
    ("survey", N_("Answered a survey")),
)
KINDS: Mapping[str, Kind] = {
    "text": "text",
    "number": "number",
    "date": "date",
    "choice": "choice",
    "boolean": "boolean",
}
MOMENT = ("within", "beyond", "before", "after")
"""Of moments that everybody has."""
ONE_OF = ("any_of", "none_of")
"""Of codes that everybody has."""


def people(session: Session) -> Iterator[Field]:
    """What is known of everybody, then the tenant's attributes."""
    yield Field(
        "language", PERSON, N_("Language"), "choice", kinds.choice(Person.language), check=_each(values.language)
    )
    yield Field("zone", PERSON, N_("Time zone"), "choice", kinds.choice(Person.zone), check=_each(values.zone))
    yield Field(
        "source",
        PERSON,
        N_("Came in"),
        "choice",
        kinds.choice(Person.source),
        SOURCES,
        operators=("any_of", "none_of"),
    )
    yield Field("created_at", PERSON, N_("Added"), "moment", kinds.moment(Person.created_at), operators=MOMENT)
    yield Field("last_contact_at", PERSON, N_("Last contact"), "moment", kinds.moment(Person.last_contact_at))
    yield Field("external_id", PERSON, N_("External id"), "text", kinds.text(Person.external_id), cost=2)
    for code, label, column in (
        ("email", N_("Has an e-mail address"), Identity.email_index),
        ("phone", N_("Has a phone number"), Identity.phone_index),
    ):
        yield Field(code, PERSON, label, "boolean", _has(column), operators=("is",), cost=50)
    for archived in (False, True):
        for attribute in list_attributes(session, "person", archived=archived):
            yield _attribute(attribute, "attributes", PERSON, _of(attribute, Person.attributes), 5)


def scores(session: Session) -> Iterator[Field]:
    """The last score of each kind, and when it was given."""
    bands = [(code, label) for code, (label, _, _) in BANDS.items()]
    yield Field("nps_band", SCORES, N_("NPS group"), "choice", _band, bands)
    yield Field("nps", SCORES, N_("NPS score"), "number", kinds.number(Person.nps))
    yield Field("csat", SCORES, N_("Satisfaction (CSAT)"), "number", kinds.number(Person.csat))
    yield Field("ces", SCORES, N_("Effort (CES)"), "number", kinds.number(Person.ces))
    yield Field("scored_at", SCORES, N_("Gave a score"), "moment", kinds.moment(Person.scored_at))


def of_companies(session: Session) -> Iterator[Field]:
    """Which company somebody belongs to, and what is known of it."""

    def known(codes: Sequence[str]) -> list[str]:
        found = {each: str(_id(each)) for each in codes}
        if not set(found.values()) <= set(names(codes)):
            raise Unfit(NOT_LISTED)
        return list(dict.fromkeys(found.values()))

    def names(codes: Sequence[str]) -> dict[str, str]:
        ids = [each for each in map(_id, codes) if each is not None]
        return {str(each): name for each, name in companies.names_of(session, ids).items()}

    company = kinds.choice(Person.company_id)

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        return company(operator, companies.ids_of(session, *(UUID(each) for each in value or ())), asking)

    yield Field("company", COMPANY, N_("Company"), "choice", fits, check=known, names=names)
    for archived in (False, True):
        for attribute in list_attributes(session, "company", archived=archived):
            inner = _of(attribute, Company.attributes)
            yield _attribute(attribute, "company.attributes", COMPANY, _in_company(inner), 20)


def segments(session: Session) -> Iterator[Field]:
    """Who is in another segment, as it is at that moment."""
    found = session.execute(select(Segment.id, Segment.name, Segment.archived_at).order_by(Segment.name)).all()
    called = {str(row.id): row.name for row in found}
    offered = [(str(row.id), row.name) for row in found if row.archived_at is None]

    def known(codes: Sequence[str]) -> Sequence[str]:
        if not set(codes) <= set(called):
            raise Unfit(NOT_LISTED)
        return codes

    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        return or_(*(asking.member_of(UUID(each)) for each in value))

    yield Field(
        "segment",
        SEGMENTS,
        N_("Is in a segment"),
        "choice",
        fits,
        offered,
        check=known,
        names=lambda codes: {code: called[code] for code in codes if code in called},
        operators=ONE_OF,
        cost=30,
    )


def _attribute(attribute: Attribute, prefix: str, group: str, fits: Fits, cost: int) -> Field:
    return Field(
        f"{prefix}.{attribute.code}",
        group,
        attribute.label,
        KINDS[attribute.type],
        fits,
        [(option["code"], option["label"]) for option in attribute.options],
        own=True,
        offered=attribute.archived_at is None,
        cost=cost,
    )


def _of(attribute: Attribute, column: Any) -> Fits:
    value = column[attribute.code]
    if attribute.type == "number":
        return kinds.known(kinds.number(value, json=True))
    if attribute.type == "boolean":
        return kinds.known(kinds.boolean(value))
    made = {"text": kinds.text, "date": kinds.day, "choice": kinds.choice}[attribute.type](value.astext)
    return kinds.known(made)


WRITTEN = aliased(Company, name="written")
"""The company that stands at a person; it may have been merged since."""


def _in_company(inner: Fits) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        stays = func.coalesce(WRITTEN.merged_into, WRITTEN.id)
        here = exists().where(WRITTEN.id == Person.company_id, Company.id == stays)
        return here.where(inner(operator, value, asking))

    return fits


def _has(column: Any) -> Fits:
    def fits(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
        has = exists().where(Identity.id == Person.id, column.is_not(None))
        return has if value else ~has

    return fits


def _band(operator: str, value: Any, asking: Asking) -> ColumnElement[bool]:
    if operator == "not_empty":
        return Person.nps.is_not(None)
    return or_(*(Person.nps.between(BANDS[code][1], BANDS[code][2]) for code in value))


def _id(code: str) -> UUID | None:
    try:
        return UUID(code)
    except ValueError:
        return None


def _each(normal: Any) -> Any:
    def check(codes: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(normal(code) for code in codes))

    return check


PROVIDERS = (people, scores, of_companies, segments)
