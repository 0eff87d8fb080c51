"""People as a CSV file, made as long work: everything that is known about each, attributes by their labels.

Texts that a spreadsheet would run as a formula are made harmless (`infra.sheets`). Moments stand in the zone of the
workspace, options and yes and no in the language of whoever asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from customers import companies
from customers.attributes import list_attributes
from customers.models import Attribute, Person
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
FILENAME = "customers.csv"
FRAME = (
    *("id", "external_id", "name", "email", "phone", "company", "language", "zone", "source"),
    *("nps", "csat", "ces", "scored_at", "last_contact_at", "created_at"),
)


@long_jobs.kind("customers.csv", title=N_("Customers as CSV"), permission="customers.export", unit=N_("customers"))
def people_csv(work: Work) -> None:
    """The file, in short transactions, none of which is open while a piece is taken away."""
    work.store(_pieces(work), content_type="text/csv")


def start(session: Session, selection: Selection, *, by: Actor, key: str, locale: str, zone: str) -> LongJob:
    """Begins it and notes it in the audit log; the same key begins it once."""
    total = selection.count(session, most=MOST_COUNTED)
    asked: dict[str, Any] = {"selection": selection.to_codes(), "locale": locale, "zone": zone}
    work = long_jobs.start(session, people_csv, by=by, key=key, total=total, filename=FILENAME, **asked)
    if work.is_new:
        audit.record(session, "customers.exported", by=by, rows=total, job=work.id)
    return work


def _pieces(work: Work) -> Iterator[bytes]:
    selection = Selection.from_codes(work.ids["selection"])
    locale, zone = str(work.ids["locale"]), ZoneInfo(str(work.ids["zone"]))
    with work.session() as session:
        declared = list_attributes(session, "person")
        session.expunge_all()
    yield sheets.head([*FRAME, *_titles(declared)])
    done = 0
    for ids in selection.batches(work, BATCH):
        with use(locale), work.session() as session:
            piece = _lines(session, ids, declared, zone)
        yield piece
        done += len(ids)
        work.advance(done)


def _titles(declared: Sequence[Attribute]) -> list[str]:
    """Labels; one that stands twice or is a column's name has its code behind it."""
    taken = list(FRAME)
    for attribute in declared:
        taken.append(attribute.label if attribute.label not in taken else f"{attribute.label} ({attribute.code})")
    return taken[len(FRAME) :]


def _lines(session: Session, ids: Sequence[UUID], declared: Sequence[Attribute], zone: ZoneInfo) -> bytes:
    people = rows_of(session, ids)
    names = companies.names_of(session, [person.company_id for person in people if person.company_id])
    return sheets.lines(_row(person, names, declared, zone) for person in people)


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
    return value


def _moment(value: datetime | None, zone: ZoneInfo) -> str:
    return "" if value is None else value.astimezone(zone).isoformat(timespec="seconds")
