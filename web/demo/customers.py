"""Acme's customers: five thousand people and the businesses that some of them buy for.

Everybody has a fixed id, so that a run that was stopped is taken up where it was. When they came follows the
seasons of the story; whoever was hit by the bad month gave a poor score then. Addresses end in domains that are
nobody's, and numbers are those that were set aside for films (Bundesnetzagentur 2010; ComReg).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import attributes
from customers.insert import insert_people
from customers.models import Company
from infra.db import TenantRef
from infra.ids import first_id_at
from infra.services import Services
from tenants.permissions import SYSTEM
from web.demo.plan import SEED, SPACE
from web.demo.respondents import GERMAN, Person
from web.demo.story import LENGTH, SHOP, ZONE, Story
from web.demo.texts.names import BUSINESSES, FIRST, LAST

PEOPLE = 5_000
CHUNK = 1_000
AT_WORK, SCORED, TOUCHED = 0.12, 0.38, 0.82
"""How many buy for a business, have given a score that is known to be theirs, and were in contact."""

COFFEES = ["Espresso", "Filter", "Decaf", "Cold brew"]
DECLARED: Sequence[dict[str, Any]] = (
    {"code": "tier", "label": "Club tier", "type": "choice", "options": ["Guest", "Regular", "Roaster’s friend"]},
    {
        "code": "favourite",
        "label": "Favourite",
        "type": "choice",
        "options": ["Espresso", "Filter", "Decaf", "Cold brew"],
    },
    {"code": "bags", "label": "Bags a month", "type": "number"},
    {"code": "club_since", "label": "In the club since", "type": "date"},
    {"code": "subscriber", "label": "Has a subscription", "type": "boolean"},
)
INVENTED = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")
"""Berlin, Frankfurt, Hamburg, Cologne, Munich: a thousand numbers behind each."""
TIERS, FAVOURITES = ("guest", "regular", "roaster_s_friend"), ("espresso", "filter", "decaf", "cold_brew")


def fill(services: Services, tenant: TenantRef, story: Story, scale: float) -> int:
    """Adds whoever is not there yet; answers how many they were."""
    with services.db.tenant_session(tenant) as session:
        _declare(session)
        _add_companies(session, story)
    crowd, added = everybody(story, max(1, round(PEOPLE * scale))), 0
    while chunk := list(islice(crowd, CHUNK)):
        with services.db.tenant_session(tenant) as session:
            added += insert_people(session, chunk)
    return added


def everybody(story: Story, count: int) -> Iterator[dict[str, Any]]:
    """The rows of all customers, in the order in which they came."""
    for index, at in enumerate(story.moments(SHOP, count, LENGTH - 1, 1, f"{SEED} customers")):
        yield _customer(story, index, at)


def person_id(at: datetime, index: int) -> UUID:
    """A UUIDv7 of the moment, the same at each run."""
    drawn = Random(f"{SEED} customer {index} id").getrandbits(62)
    return UUID(int=first_id_at(at).int | drawn)


def company_id(name: str) -> UUID:
    """The same at each run."""
    return uuid5(SPACE, f"company {name}")


def _declare(session: Session) -> None:
    there = {each.code for each in attributes.list_attributes(session, "person")}
    for told in DECLARED:
        if told["code"] not in there:
            attributes.declare(session, by=SYSTEM, subject="person", personal=True, **told)


def _add_companies(session: Session, story: Story) -> None:
    made = story.at(story.day(LENGTH), 9)
    rows = [
        {"id": company_id(name), "name": name, "attributes": {}, "created_at": made, "updated_at": made}
        for name in BUSINESSES
    ]
    session.execute(insert(Company).on_conflict_do_nothing(), rows)


def _customer(story: Story, index: int, at: datetime) -> dict[str, Any]:
    chance = Random(f"{SEED} customer {index}")
    language = "de" if chance.random() < GERMAN else "en"
    first, last = chance.choice(FIRST[language]), chance.choice(LAST[language])
    at_work = chance.random() < AT_WORK
    row: dict[str, Any] = {
        "id": person_id(at, index),
        "name": f"{first} {last}",
        "email": _address(chance, first, last, index) if chance.random() < 0.94 else None,
        "phone": _number(index, language) if chance.random() < 0.55 else None,
        "external_id": f"AC-{10_000 + index}",
        "company_id": company_id(chance.choice(BUSINESSES)) if at_work else None,
        "language": language,
        "zone": ZONE if language == "de" else "Europe/Dublin",
        "attributes": _known(chance, at, story.end),
        "source": chance.choices(("import", "api", "portal", "staff"), (45, 35, 12, 8))[0],
        "created_at": at,
    }
    contact = at + (story.end - at) * chance.random() ** 0.5 if chance.random() < TOUCHED else None
    return {**row, "last_contact_at": contact, **_scores(chance, story, language, at)}


def _known(chance: Random, at: datetime, end: datetime) -> dict[str, Any]:
    tier = chance.choices(TIERS, (58, 31, 11))[0]
    known: dict[str, Any] = {"tier": tier, "subscriber": tier != TIERS[0] and chance.random() < 0.6}
    if chance.random() < 0.7:
        known["favourite"] = chance.choices(FAVOURITES, (46, 34, 11, 9))[0]
    if known["subscriber"]:
        known["bags"] = chance.choices((1, 2, 3, 4, 6), (38, 33, 15, 9, 5))[0]
    if tier != TIERS[0]:
        known["club_since"] = min(at + timedelta(days=chance.randint(0, 20)), end).date().isoformat()
    return known


def _scores(chance: Random, story: Story, language: str, since: datetime) -> dict[str, Any]:
    if chance.random() >= SCORED:
        return {}
    at = since + (story.end - since) * chance.random()
    who = Person(chance, language, at.date(), story)
    mood = who.mood(0.6)
    found: dict[str, Any] = {"scored_at": at, "nps": who.point("nps", mood)}
    if chance.random() < 0.5:
        found["csat"] = who.point("five", mood)
    if chance.random() < 0.25:
        found["ces"] = who.point("seven", mood)
    return found


def _address(chance: Random, first: str, last: str, index: int) -> str:
    host = chance.choices(("example.org", "example.com", "example.net"), (5, 3, 2))[0]
    return f"{_plain(first)}.{_plain(last)}{index if chance.random() < 0.9 else ''}@{host}"


def _plain(word: str) -> str:
    spelled = word.lower().translate({228: "ae", 246: "oe", 252: "ue", 223: "ss", 305: "i"})
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", spelled) if letter.isascii() and letter.isalpha()
    )


def _number(index: int, language: str) -> str:
    """A number of one's own."""
    place = index * 7919 % 5000
    if language == "de":
        return f"{INVENTED[place // 1000]}{place % 1000:03}"
    return f"+35320910{place:04}"
