"""The timeline on the page of a customer or a company: one part, narrowed by the address, a page at a time.

How an entry looks is a template of its kind in `console/customers/timeline/`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session

from customers import contact_facts, names, purposes, suppressions, timeline
from customers.models import Company, Person
from customers.timeline import About, Entry, Narrowed
from customers.writing_delivery import Delivery, deliveries
from infra.i18n import gettext
from surveys import letters
from surveys.names import survey_names
from tenants import staff
from web import tenancy
from web.console import mail_words, task_words
from web.console.customers import authenticity
from web.console.customers.interaction_words import CHANNELS, DIRECTIONS
from web.console.customers.source_names import SOURCE_NAMES
from web.schemas.interactions import TimelineQuery

FILTERS = ("kind", "direction", "channel", "staff")


def of_person(session: Session, person: Person) -> Mapping[str, Any]:
    """What the part shows of a customer."""
    return _shown(session, timeline.of_person(session, person), {"person": person.id}, several=False)


def of_company(session: Session, company: Company) -> Mapping[str, Any]:
    """What the part shows of a company, with who of its people it was."""
    return _shown(session, timeline.of_company(session, company), {"company": company.id}, several=True)


def _shown(session: Session, about: About, subject: Mapping[str, UUID], *, several: bool) -> Mapping[str, Any]:
    asked = TimelineQuery(unknown=EXCLUDE).load(
        {name: text for name, text in request.args.items() if name in (*FILTERS, "older")}
    )
    by = tenancy.actor()
    narrowed = Narrowed(asked["kind"], asked["direction"], asked["channel"], asked["staff"])
    page = timeline.read(session, about, by=by, narrowed=narrowed, after=asked["older"])
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    people = {entry.person_id for entry in page.items if entry.person_id} if several else set()
    return {
        "entries": [_readable(entry) for entry in page.items],
        "subject": subject,
        "next_url": _address({**kept, "older": page.next_cursor}) if page.next_cursor else None,
        "is_first": asked["older"] is None,
        "narrowed": narrowed.anything,
        "kept": kept,
        "kinds": [(source.kind, gettext(source.label)) for source in timeline.sources(by)],
        "channels": choices(CHANNELS),
        "directions": choices(DIRECTIONS),
        "colleagues": [(str(member.id), member.name) for member in staff.list_active(session)],
        "staff": _colleagues(session, page.items),
        "deliveries": _deliveries(session, page.items),
        "people": names.person_names(session, people),
        "surveys": _surveys(session, page.items),
        "words": WORDS,
    }


def _address(parts: Mapping[str, str]) -> str:
    """This page with the parts behind the question mark."""
    return f"{request.path}?{urlencode(parts)}"


def choices(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Codes with what they are called, for a field."""
    return [(code, gettext(said)) for code, said in words.items()]


def _readable(entry: Entry) -> Entry:
    """With moments as moments."""
    due = entry.data.get("due")
    return replace(entry, data={**entry.data, "due": datetime.fromisoformat(due)}) if due else entry


def _colleagues(session: Session, entries: Iterable[Entry]) -> dict[str, str | None]:
    """Names by id, as the entries hold ids."""
    ids = {entry.data["staff"] for entry in entries if entry.data.get("staff")}
    return {each: staff.name_of(session, UUID(each)) for each in ids}


def _deliveries(session: Session, entries: Iterable[Entry]) -> dict[str, Delivery]:
    """How the mails stand that somebody wrote here, by their contacts' ids as the entries hold them."""
    ids = [UUID(entry.data["contact"]) for entry in entries if entry.data.get("contact")]
    return {str(each): delivery for each, delivery in deliveries(session, ids).items()}


def _surveys(session: Session, entries: Iterable[Entry]) -> dict[str, str]:
    """What the surveys are called to which messages invited, by their ids as the entries hold them."""
    told = [entry.data for entry in entries if entry.kind == "contact"]
    ids = {UUID(data["about"]) for data in told if data["about"] and data["purpose"] == letters.PURPOSE}
    return {str(each): name for each, name in survey_names(session, ids).items()}


WORDS: Mapping[str, Mapping[str, Any]] = {
    "channel": {**purposes.CHANNELS, **CHANNELS},
    "direction": DIRECTIONS,
    "outcome": task_words.OUTCOMES,
    "task_source": task_words.SOURCES,
    "purpose": {purpose.code: purpose.name for purpose in purposes.TABLE},
    "reason": contact_facts.REASONS,
    "person_source": SOURCE_NAMES,
    "verdict": authenticity.VERDICTS,
    "bounce": {str(code): said for code, said in mail_words.KINDS.items()},
    "suppression": suppressions.NAMES,
    "told_by": suppressions.SOURCES,
}
"""What codes are called, by what they are codes of."""
