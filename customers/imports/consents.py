"""Columns that say who agreed to what: a purpose by a channel, perhaps a topic of it, with yes or no in each row.

Whoever imports them states where they come from; that sentence, the import (which leads to file and time), the
wording where it is known and who imported it are the proof of each. `customers.consent_many` says what counts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent_many, contact_rules, purposes, topics
from customers.consent import Proof
from customers.consent_errors import IN_FUTURE
from customers.consent_many import About, Told
from customers.imports.errors import MappingInvalid
from customers.imports.seams import Extra, Given
from customers.models import Consent, Import
from customers.values import Unfit
from infra import clock
from infra.i18n import N_, current_locale, gettext
from tenants.permissions import Actor

PREFIX = "consent"
ON = "consent_on"
LONGEST_ORIGIN = 500
LONGEST_VERSION = 100
YES = frozenset(
    ["yes", "y", "true", "1", "ja", "j", "wahr", "oui", "o", "vrai", "x", "on", "opt-in", "ok", "✓", "✔"]
)
NO = frozenset(["no", "n", "false", "0", "nein", "falsch", "non", "faux", "-", "off", "opt-out"])

SAY_YES_OR_NO = N_("Write yes or no.")
BAD_DAY = N_("Write a day such as 2026-03-31.")
NO_ORIGIN = N_("Say where these consents come from: who asked, when and how.")
TOO_LONG = N_("This is too long.")
UNDONE = "The import was undone."


def meanings(session: Session) -> Sequence[tuple[str, str]]:
    """One for each purpose by each channel in use, one for each topic, and the day on which it was given."""
    found = [(ON, gettext(N_("Consent: day on which it was given")))]
    listed, locale = topics.list_topics(session), current_locale()
    for purpose in purposes.CHOSEN:
        for channel in contact_rules.get(session).channels:
            named = {"purpose": gettext(purpose.name), "channel": gettext(purposes.CHANNELS[channel])}
            code = f"{PREFIX}.{purpose.code}.{channel}"
            found.append((code, gettext(N_("Consent: %(purpose)s, %(channel)s"), **named)))
            for topic in listed:
                if topic.purpose == purpose.code:
                    words = gettext(
                        N_("Consent: %(purpose)s, %(topic)s, %(channel)s"),
                        topic=topics.name_of(topic, locale),
                        **named,
                    )
                    found.append((f"{code}.{topic.code}", words))
    return found


def check_of(code: str) -> Callable[[str], Any] | None:
    """Reads yes and no in three languages, and days."""
    if code == ON:
        return _day
    return _yes if code.startswith(f"{PREFIX}.") else None


def options(codes: Sequence[str], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is kept of what the importing person says. Raises MappingInvalid where consents come from nowhere."""
    if not any(code.startswith(f"{PREFIX}.") for code in codes):
        return {}
    said = given.get(PREFIX) or {}
    kept = {name: " ".join(str(said.get(name) or "").split()) for name in ("origin", "text_version", "given_on")}
    problems: dict[str, list[str]] = {}
    if not kept["origin"]:
        problems["consent_origin"] = [NO_ORIGIN]
    for name, longest in (("origin", LONGEST_ORIGIN), ("text_version", LONGEST_VERSION)):
        if len(kept[name]) > longest:
            problems[f"consent_{name}"] = [TOO_LONG]
    try:
        _day(kept["given_on"]) if kept["given_on"] else None
    except Unfit as unfit:
        problems["consent_given_on"] = [unfit.sentence]
    if problems:
        raise MappingInvalid(problems=problems)
    return {PREFIX: kept}


def apply(session: Session, imported: Import, given: Given, by: Actor) -> Mapping[str, int]:
    """Notes what the rows of a batch say; of two rows about one person the later one counts."""
    said: dict[About, dict[UUID, tuple[bool, datetime | None]]] = {}
    for person, row in given:
        at = _moment(row.get(ON) or imported.options.get(PREFIX, {}).get("given_on"))
        for code, yes in row.items():
            if code.startswith(f"{PREFIX}."):
                _, purpose, channel, topic = (*code.split(".", 3), "")[:4]
                said.setdefault(About(purpose, channel, topic), {})[person] = (bool(yes), at)
    told, proof = Told(), proof_of(imported, by)
    for about, people in said.items():
        told.add(consent_many.note(session, about, people, proof))
    return {
        "consents": told.given,
        "withdrawals": told.withdrawn,
        "consents_kept": told.kept,
        "consents_refused": told.refused,
    }


def tally(row: Mapping[str, Any]) -> Mapping[str, int]:
    """How many consents and withdrawals a row speaks of."""
    said = [bool(yes) for code, yes in row.items() if code.startswith(f"{PREFIX}.")]
    return {"consents": sum(said), "withdrawals": len(said) - sum(said)}


def proof_of(imported: Import, by: Actor) -> Proof:
    """How we know: the import, and what whoever sent it said about it."""
    said = imported.options.get(PREFIX, {})
    return Proof(
        "import",
        by,
        how=said.get("origin", ""),
        text_version=said.get("text_version") or consent_many.TOLD,
        evidence=imported.id,
    )


def people_of(session: Session, imported: Import) -> Sequence[UUID]:
    """To whom the import gave something."""
    mine = select(Consent.person_id).where(Consent.evidence == imported.id, Consent.state == "given").distinct()
    return session.scalars(mine.order_by(Consent.person_id)).all()


def take_back(session: Session, imported: Import, people: Sequence[UUID], by: Actor) -> int:
    """Withdraws what the import gave to these people, as a fact of its own. Doing it again does nothing."""
    proof = Proof("import", by, how=UNDONE, evidence=imported.id)
    return consent_many.withdraw_given_by(session, imported.id, people, proof)


def _yes(text: str) -> bool:
    word = text.casefold()
    if word not in YES | NO:
        raise Unfit(SAY_YES_OR_NO)
    return word in YES


def _day(text: str) -> str:
    """The day as ISO 8601; days of Central Europe are understood."""
    parts = text.partition(" ")[0].partition("T")[0].split(".")
    if len(parts) == 3 and all(part.isdigit() for part in parts) and len(parts[2]) == 4:
        text = f"{parts[2]}-{parts[1]:0>2}-{parts[0]:0>2}"
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise Unfit(BAD_DAY) from None
    if day > clock.now().date() + timedelta(days=1):
        raise Unfit(IN_FUTURE)
    return day.isoformat()


def _moment(day: str | None) -> datetime | None:
    """The begin of the day: what the person did later on that day counts against it."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) if day else None


CONSENTS = Extra(PREFIX, meanings, check_of, options, apply, tally)
