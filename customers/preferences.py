"""The preference centre: what somebody may be written to for, on which channel, how often, and until when not.

Every change of consent is an act with its proof (`customers.consent`). What the page does not show stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from customers import consent, consent_people, consent_state, contact_rules, purposes, suppressions, topics
from customers.consent import Proof
from customers.consent_people import Known
from customers.consent_state import NONE, State
from customers.models import Identity, Person, Preferences, Topic
from customers.purposes import Purpose
from infra import clock
from infra.crypto.columns import or_none
from infra.errors import Invalid
from infra.i18n import N_

EVERY_DAYS = (7, 30, 90)
"""How seldom somebody can wish messages: at most one in so many days."""
MONTHS = (1, 3, 6, 12)
MONTH = timedelta(days=30)

UNKNOWN_CHOICE = N_("Choose one of the answers in the list.")


@dataclass(frozen=True, slots=True)
class Line:
    """One purpose, or one topic of it, with what counts on each channel."""

    purpose: Purpose
    topic: Topic | None
    states: Mapping[str, State]
    allowed: Mapping[str, bool]
    """Whether they are written to: given, or nothing needed and not withdrawn."""

    @property
    def code(self) -> str:
        """Names it in a form."""
        return f"{self.purpose.code}.{self.topic.code}" if self.topic else self.purpose.code


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything a preference page shows."""

    lines: Sequence[Line]
    channels: Sequence[str]
    every_days: int | None
    paused_until: datetime | None
    all_off: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was sent: for each line's code the channels that are wanted. None leaves a thing as it is."""

    wanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    every_days: int | None = None
    pause_months: int | None = None
    language: str | None = None


def overview(session: Session, who: Known) -> Overview:
    """As it stands."""
    rules = contact_rules.get(session)
    found = consent_state.overview(session, who)
    kept = session.get(Preferences, who.id)
    shown = topics.list_topics(session)
    lines = []
    for purpose in purposes.CHOSEN:
        lines.append(_line(purpose, None, rules.channels, found, contact_rules.needs_consent(rules, purpose)))
        lines += [
            _line(purpose, topic, rules.channels, found, contact_rules.needs_consent(rules, purpose))
            for topic in shown
            if topic.purpose == purpose.code
        ]
    paused = kept.paused_until if kept else None
    return Overview(
        lines,
        rules.channels,
        kept.every_days if kept else None,
        paused if paused is not None and paused > clock.now() else None,
        not any(any(line.allowed.values()) for line in lines),
        who.language,
    )


def save(session: Session, who: Known, choice: Choice, proof: Proof) -> Overview:
    """Brings everything to what was chosen; only what differs is an act. Raises Invalid, ConsentInvalid."""
    _check(choice)
    before = overview(session, who)
    for line in before.lines:
        if line.code not in choice.wanted:
            continue
        for channel in before.channels:
            want = channel in choice.wanted[line.code]
            if want != line.allowed[channel]:
                _turn(session, who, line, channel, want, proof)
    if any(choice.wanted.values()):
        _welcome_back(session, who)
    _keep(session, who, choice)
    session.flush()
    return overview(session, _again(session, who))


def turn_all_off(session: Session, who: Known, proof: Proof) -> Overview:
    """Withdraws everything on every channel, and the address goes on the list of those not written to."""
    before = overview(session, who)
    for line in before.lines:
        for channel, allowed in line.allowed.items():
            if allowed or line.states[channel].code == "pending":
                _turn(session, who, line, channel, False, proof)
    identity = session.get(Identity, who.id)
    email = or_none(lambda: identity.email) if identity else None
    if email:
        evidence = proof.evidence
        suppressions.add(session, email, kind="unsubscribe", source="person", evidence=evidence)
    return overview(session, who)


def _line(
    purpose: Purpose,
    topic: Topic | None,
    channels: Sequence[str],
    found: Mapping[tuple[str, str, str], State],
    needed: bool,
) -> Line:
    code = topic.code if topic else ""
    states = {
        channel: found.get((purpose.code, channel, code)) or found.get((purpose.code, channel, ""), NONE)
        for channel in channels
    }
    allowed = {
        channel: state.code == "given" or (not needed and state.code != "withdrawn")
        for channel, state in states.items()
    }
    return Line(purpose, topic, states, allowed)


def _turn(session: Session, who: Known, line: Line, channel: str, want: bool, proof: Proof) -> None:
    act = consent.give if want else consent.withdraw
    act(session, who.id, line.purpose.code, proof, channel=channel, topic=line.topic.code if line.topic else "")


def _welcome_back(session: Session, who: Known) -> None:
    identity = session.get(Identity, who.id)
    email = or_none(lambda: identity.email) if identity else None
    if email:
        suppressions.lift_own(session, email)


def _check(choice: Choice) -> None:
    problems: dict[str, list[str]] = {}
    if choice.every_days is not None and choice.every_days not in (0, *EVERY_DAYS):
        problems["every_days"] = [UNKNOWN_CHOICE]
    if choice.pause_months is not None and choice.pause_months not in (0, *MONTHS):
        problems["pause_months"] = [UNKNOWN_CHOICE]
    if problems:
        raise Invalid(problems=problems)


def _keep(session: Session, who: Known, choice: Choice) -> None:
    """0 ends a pause or a wish for fewer messages."""
    if choice.every_days is not None or choice.pause_months is not None:
        kept = session.get(Preferences, who.id) or Preferences(person_id=who.id)
        if choice.every_days is not None:
            kept.every_days = choice.every_days or None
        if choice.pause_months is not None:
            kept.paused_until = clock.now() + choice.pause_months * MONTH if choice.pause_months else None
        session.add(kept)
    if choice.language is not None:
        session.get_one(Person, who.id).language = choice.language


def _again(session: Session, who: Known) -> Known:
    session.flush()
    return consent_people.find(session, who.id) or who


def find(session: Session, person_id: UUID) -> Preferences | None:
    """What somebody wishes besides their consents."""
    return session.get(Preferences, person_id)
