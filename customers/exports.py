"""People and companies as files, made as long work: everything that is known, attributes by their labels.

CSV or XLSX (`infra.sheets`), in which nothing is run as a formula. Moments stand in the zone of the workspace,
options and yes and no in the language of whoever asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from customers import companies
from customers.attributes import list_attributes
from customers.companies import CompanyFilters
from customers.models import Attribute, Company, Person
from customers.queries import rows_of
from customers.selection import Selection
from infra import long_jobs, sheets
from infra.crypto.columns import or_none
from infra.i18n import N_, gettext, use
from infra.long_jobs import LongJob, Work
from tenants import audit
from tenants.permissions import Actor

BATCH = 1_000
MOST_COUNTED = 10_000_000
MOST_IDS = 10_000
"""Companies of a list that are kept by id. What begins more names than that is nobody's name."""
FILENAME = "customers"
FRAME = (
    *("id", "external_id", "name", "email", "phone", "company", "language", "zone", "source"),
    *("nps", "csat", "ces", "scored_at", "last_contact_at", "created_at"),
)
COMPANY_FRAME = ("id", "external_id", "name", "website", "people", "created_at", "updated_at")
MOMENTS = ("scored_at", "last_contact_at", "created_at", "updated_at")


@long_jobs.kind(
    "customers.csv", title=N_("Export of customers"), permission="customers.export", unit=N_("customers")
)
def people_csv(work: Work) -> None:
    """The file, in short transactions, none of which is open while a piece is taken away."""
    form, zone = str(work.ids.get("form", sheets.CSV)), str(work.ids["zone"])
    with work.session() as session:
        declared = list_attributes(session, "person")
        session.expunge_all()
    titles = sheets.headings(form, [*FRAME, *_titles(declared)], MOMENTS, zone)
    work.store(sheets.pieces(form, titles, _batches(work, declared)), content_type=sheets.TYPES[form])


def start(
    session: Session, selection: Selection, *, by: Actor, key: str, locale: str, zone: str, form: str = sheets.CSV
) -> LongJob:
    """Begins it and notes it in the audit log; the same key begins it once."""
    total, filename = selection.count(session, most=MOST_COUNTED), f"{FILENAME}.{form}"
    kept = selection.without_values(session).to_codes()
    asked: dict[str, Any] = {"selection": kept, "locale": locale, "zone": zone, "form": form}
    work = long_jobs.start(session, people_csv, by=by, key=key, total=total, filename=filename, **asked)
    if work.is_new:
        audit.record(session, "customers.exported", by=by, rows=total, job=work.id)
    return work


@long_jobs.kind(
    "customers.companies_file", title=N_("Export of companies"), permission="customers.export", unit=N_("companies")
)
def companies_file(work: Work) -> None:
    """The companies of a list, newest first; those that there were when it was asked for."""
    form, zone = str(work.ids.get("form", sheets.CSV)), str(work.ids["zone"])
    with work.session() as session:
        declared = list_attributes(session, "company")
        session.expunge_all()
    titles = sheets.headings(form, [*COMPANY_FRAME, *_titles(declared, COMPANY_FRAME)], MOMENTS, zone)
    work.store(sheets.pieces(form, titles, _company_batches(work, declared)), content_type=sheets.TYPES[form])


def start_companies(
    session: Session,
    filters: CompanyFilters,
    *,
    by: Actor,
    key: str,
    locale: str,
    zone: str,
    form: str = sheets.CSV,
) -> LongJob:
    """Begins it and notes it in the audit log; the same key begins it once.

    The work keeps the ids of those who were found, not what was typed: that may be somebody's name.
    """
    total = companies.count_companies(session, filters, most=MOST_COUNTED)
    narrow = bool(filters.search or filters.external_id)
    found = companies.find_ids(session, filters, most=MOST_IDS) if narrow else None
    asked: dict[str, Any] = {"locale": locale, "zone": zone, "form": form}
    asked |= {"search": filters.search} if found is None else {"ids": [each.hex for each in found]}
    work = long_jobs.start(
        session, companies_file, by=by, key=key, total=total, filename=f"companies.{form}", **asked
    )
    if work.is_new:
        audit.record(session, "companies.exported", by=by, rows=total, job=work.id)
    return work


def _company_batches(work: Work, declared: Sequence[Attribute]) -> Iterator[list[list[object]]]:
    ids = tuple(UUID(each) for each in work.ids["ids"]) if "ids" in work.ids else None
    filters = CompanyFilters(search=str(work.ids.get("search", "")), ids=ids)
    locale, zone = str(work.ids["locale"]), ZoneInfo(str(work.ids["zone"]))
    after, done = None, 0
    while True:
        with use(locale), work.session() as session:
            page = companies.list_companies(session, filters, after=after, limit=BATCH)
            people = companies.count_people(session, [company.id for company in page.items])
            rows = [
                _company_row(company, people[company.id], declared, zone)
                for company in page.items
                if company.created_at <= work.asked_at
            ]
        yield rows
        done, after = done + len(rows), page.next_cursor
        work.advance(done)
        if after is None:
            return


def _company_row(company: Company, people: int, declared: Sequence[Attribute], zone: ZoneInfo) -> list[object]:
    return [
        *(str(company.id), company.external_id, company.name, company.website, people),
        *(_moment(at, zone) for at in (company.created_at, company.updated_at)),
        *(_cell(attribute, company.attributes.get(attribute.code)) for attribute in declared),
    ]


def _batches(work: Work, declared: Sequence[Attribute]) -> Iterator[list[list[object]]]:
    selection = Selection.from_codes(work.ids["selection"])
    locale, zone = str(work.ids["locale"]), ZoneInfo(str(work.ids["zone"]))
    done = 0
    for ids in selection.batches(work, BATCH):
        with use(locale), work.session() as session:
            people = rows_of(session, ids)
            names = companies.names_of(session, [person.company_id for person in people if person.company_id])
            rows = [_row(person, names, declared, zone) for person in people]
        yield rows
        done += len(ids)
        work.advance(done)


def _titles(declared: Sequence[Attribute], frame: Sequence[str] = FRAME) -> list[str]:
    """Labels; one that stands twice or is a column's name has its code behind it."""
    taken = list(frame)
    for attribute in declared:
        taken.append(attribute.label if attribute.label not in taken else f"{attribute.label} ({attribute.code})")
    return taken[len(frame) :]


def _row(person: Person, names: Mapping[UUID, str], declared: Sequence[Attribute], zone: ZoneInfo) -> list[object]:
    identity = person.identity
    return [
        *(str(person.id), person.external_id),
        *(or_none(lambda: identity.name), or_none(lambda: identity.email), or_none(lambda: identity.phone)),
        *(names.get(person.company_id) if person.company_id else None, person.language, person.zone, person.source),
        *(person.nps, person.csat, person.ces),
        *(_moment(at, zone) for at in (person.scored_at, person.last_contact_at, person.created_at)),
        *(_cell(attribute, person.attributes.get(attribute.code)) for attribute in declared),
    ]


def _cell(attribute: Attribute, value: Any) -> object:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if attribute.type == "choice":
        return next((option["label"] for option in attribute.options if option["code"] == value), value)
    if attribute.type == "date" and value:
        return date.fromisoformat(value)
    return value


def _moment(value: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if value is None else value.astimezone(zone)
