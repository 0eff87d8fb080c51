"""Acme's customers: five thousand people and the businesses that some of them buy for.

Everybody has a fixed id, so that a run that was stopped is taken up where it was, and when they came follows the
seasons of the story. Addresses end in domains that are nobody's, and numbers are those set aside for films
(Bundesnetzagentur 2010; ComReg). No two have the same name, but for a few who came twice and wrote their name,
address or number otherwise the second time.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import attributes, duplicates, tokens
from customers.insert import insert_people
from customers.models import Company, Duplicate
from infra.db import TenantRef
from infra.ids import first_id_at
from infra.services import Services
from tenants.permissions import SYSTEM
from web.demo.plan import SEED, SPACE
from web.demo.respondents import GERMAN
from web.demo.story import LENGTH, SHOP, ZONE, Story
from web.demo.texts.names import BUSINESSES, FIRST, LAST

PEOPLE = 5_000
CHUNK = 1_000
AT_WORK, TOUCHED = 0.12, 0.82
"""How many buy for a business, and were in contact."""
TWICE, LATER = 125, 100
"""One in so many came twice, the second time so many customers later."""
STRIDE = 3571
"""A prime that goes through all pairs of a first and a last name before one comes again."""

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
TIERS, FAVOURITES = ("guest", "regular", "roasters_friend"), ("espresso", "filter", "decaf", "cold_brew")


def fill(services: Services, tenant: TenantRef, story: Story, scale: float) -> int:
    """Adds whoever is not there yet; answers how many they were."""
    with services.db.tenant_session(tenant) as session:
        _declare(session)
        _add_companies(session, story)
    crowd, added = everybody(story, count_at(scale)), 0
    for start in range(0, len(crowd), CHUNK):
        with services.db.tenant_session(tenant) as session:
            added += insert_people(session, crowd[start : start + CHUNK])
    with services.db.tenant_session(tenant) as session:
        if pairs := _pairs(story, crowd):
            session.execute(insert(Duplicate).on_conflict_do_nothing(), pairs)
    return added


def count_at(scale: float) -> int:
    """How many customers there are when the story is thinned out."""
    return max(1, round(PEOPLE * scale))


@lru_cache(maxsize=1)
def everybody(story: Story, count: int) -> Sequence[dict[str, Any]]:
    """The rows of all customers, in the order in which they came."""
    times = story.moments(SHOP, count, LENGTH - 1, 1, f"{SEED} customers")
    return [_customer(story, index, at) for index, at in enumerate(times)]


def fixed_id(at: datetime, name: str) -> UUID:
    """A UUIDv7 of the moment, the same at each run."""
    return UUID(int=first_id_at(at).int | Random(f"{SEED} {name} id").getrandbits(62))


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
    language = language_of(index)
    row: dict[str, Any] = {
        "id": fixed_id(at, f"customer {index}"),
        **identity(index),
        "external_id": f"AC-{10_000 + index}",
        "company_id": company_id(chance.choice(BUSINESSES)) if chance.random() < AT_WORK else None,
        "language": language,
        "zone": ZONE if language == "de" else "Europe/Dublin",
        "attributes": _known(chance, at, story.end),
        "source": chance.choices(("import", "api", "portal", "staff"), (45, 35, 12, 8))[0],
        "created_at": at,
    }
    contact = at + (story.end - at) * chance.random() ** 0.5 if chance.random() < TOUCHED else None
    return {**row, "last_contact_at": contact}


def before(index: int) -> int | None:
    """Which customer this one was when they came first; None for all but a few."""
    return index - LATER if index % TWICE == TWICE - 1 and index >= LATER else None


def language_of(index: int) -> str:
    """Who comes again speaks as before."""
    first = before(index)
    return "de" if Random(f"{SEED} language {index if first is None else first}").random() < GERMAN else "en"


def identity(index: int) -> dict[str, str | None]:
    """Name, e-mail address and phone number."""
    first = before(index)
    if first is not None:
        return _otherwise(identity(first), index // TWICE)
    chance, language = Random(f"{SEED} identity {index}"), language_of(index)
    given, family = _name(index, language)
    comes_again = index % TWICE == TWICE - 1 - LATER
    return {
        "name": f"{given} {family}",
        "email": _address(chance, given, family, index) if comes_again or chance.random() < 0.94 else None,
        "phone": _number(index, language) if comes_again or chance.random() < 0.55 else None,
    }


def _otherwise(known: dict[str, str | None], turn: int) -> dict[str, str | None]:
    """How somebody wrote themselves the second time: one of four ways in turn."""
    name, email, phone = (known[part] or "" for part in ("name", "email", "phone"))
    given, family = name.split(" ", 1)
    local, _, host = email.partition("@")
    return (
        {"name": f"{given[0]}. {family}", "email": None, "phone": phone},
        {"name": name, "email": f"{local.replace('.', '')}+kaffee@{host}", "phone": None},
        {"name": given, "email": email.title(), "phone": None},
        {"name": f"{family}, {given}", "email": None, "phone": f"0{phone[3:5]} {phone[5:]}"},
    )[turn % 4]


def _pairs(story: Story, crowd: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those who came twice, as the search for duplicates finds them."""
    found = []
    for index, row in enumerate(crowd):
        first = before(index)
        if first is not None:
            reasons = _alike(crowd[first], row)
            one, other = sorted((crowd[first]["id"], row["id"]))
            weight = sum(tokens.WEIGHTS[code] for code in reasons)
            told = {"reasons": reasons, "weight": weight, "found_at": story.end}
            found.append({"one_id": one, "other_id": other, **told})
    return found


def _alike(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    read = {"e": (tokens.mailbox, "email"), "n": (tokens.words, "name"), "p": (tokens.digits, "phone")}
    return [
        code
        for code in duplicates.TELLING
        for spelled, part in [read[code]]
        if spelled(one[part] or "") == spelled(other[part] or "") != ""
    ]


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


def _name(index: int, language: str) -> tuple[str, str]:
    """Another pair of names for each customer of a language."""
    given, family = FIRST[language], LAST[language]
    place = index * STRIDE % (len(given) * len(family))
    return given[place % len(given)], family[place // len(given)]


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
