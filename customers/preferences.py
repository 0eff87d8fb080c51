"""The preference centre: what somebody may be written to for, on which channel, how often, and until when not.

Every change of consent is an act with its proof (`customers.consent`). What the page does not show stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from customers import (
    consent,
    consent_people,
    consent_state,
    contact_rules,
    people,
    preferences_state,
    purposes,
    suppressions,
    topics,
)
from customers.consent import Proof
from customers.consent_errors import TurnedOff
from customers.consent_events import PreferencesChanged
from customers.consent_people import Known
from customers.consent_state import NONE, State
from customers.models import Identity, Person, Topic
from customers.purposes import Purpose
from infra import clock
from infra.crypto.columns import or_none
from infra.errors import Invalid
from infra.events import record
from infra.i18n import N_
from tenants.permissions import SYSTEM

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
    """As it stands. Whose address wants no mail has nothing on by e-mail, whatever they agreed to before."""
    rules, kept = contact_rules.get(session), preferences_state.wishes(session, [who])[who.id]
    lines = _lines(session, who, silent=_is_silent(session, who))
    return Overview(
        lines,
        rules.channels,
        kept.every_days,
        kept.paused_until if kept.paused_until is not None and kept.paused_until > clock.now() else None,
        not any(any(line.allowed.values()) for line in lines),
        who.language,
    )


def save(session: Session, who: Known, choice: Choice, proof: Proof) -> Overview:
    """Brings everything to what was chosen; only what differs is an act. Raises Invalid, ConsentInvalid, TurnedOff.

    Whole purposes come before their topics, which are looked at anew then: they go by their purpose until somebody
    chooses otherwise. Who turned everything off and ticks something wants mail again, of that and nothing else.
    """
    _check(choice)
    who = consent_people.find(session, who.id, lock=True) or who
    silent = _is_silent(session, who)
    if silent and any("email" in wanted for wanted in choice.wanted.values()):
        if proof.source not in consent.OWN_MAILBOX:
            raise TurnedOff()
        suppressions.lift_own(session, _email(session, who))
        silent = False
    for topics_too in (False, True):
        _turn_each(session, who, choice, proof, silent=silent, topics_too=topics_too)
    _keep(session, who, choice)
    session.flush()
    return overview(session, _again(session, who))


def turn_all_off(session: Session, who: Known, proof: Proof) -> Overview:
    """Withdraws everything on every channel, and the address goes on the list of those not written to."""
    for line in _lines(session, who, silent=False):
        for channel, allowed in line.allowed.items():
            if allowed or line.states[channel].code == "pending":
                _turn(session, who, line, channel, False, proof)
    email = _email(session, who)
    if email:
        evidence = proof.evidence
        source = "api" if proof.source == "api" else "person"
        suppressions.add(session, email, kind="unsubscribe", source=source, evidence=evidence)
    return overview(session, who)


def _turn_each(
    session: Session, who: Known, choice: Choice, proof: Proof, *, silent: bool, topics_too: bool
) -> None:
    """Of whole purposes, or of topics: an act for each that is not as it was chosen."""
    lines = _lines(session, who, silent=silent)
    whole = {line.code: line for line in lines if line.topic is None}
    for line in lines:
        if (line.topic is not None) != topics_too or line.code not in choice.wanted:
            continue
        for channel, allowed in line.allowed.items():
            want = channel in choice.wanted[line.code]
            asked = want and topics_too and _is_asked(line, whole[line.purpose.code], channel, choice)
            if want != allowed and not asked:
                _turn(session, who, line, channel, want, proof)


def _is_asked(line: Line, whole: Line, channel: str, choice: Choice) -> bool:
    """Whether a topic goes by its purpose, which is wanted too and waits: once is enough to ask somebody."""
    waits = whole.states[channel].code == "pending" and channel in choice.wanted.get(whole.code, ())
    return waits and line.states[channel] == whole.states[channel]


def _lines(session: Session, who: Known, *, silent: bool) -> list[Line]:
    """Every purpose, each followed by its topics. With `silent` nothing is on by e-mail."""
    rules, found = contact_rules.get(session), consent_state.overview(session, who)
    shown, lines = topics.list_topics(session), []
    for purpose in purposes.CHOSEN:
        needed = contact_rules.needs_consent(rules, purpose)
        own = [topic for topic in shown if topic.purpose == purpose.code]
        lines += [_line(purpose, topic, rules.channels, found, needed, silent) for topic in (None, *own)]
    return lines


def _line(
    purpose: Purpose,
    topic: Topic | None,
    channels: Sequence[str],
    found: Mapping[tuple[str, str, str], State],
    needed: bool,
    silent: bool,
) -> Line:
    code = topic.code if topic else ""
    states = {
        channel: found.get((purpose.code, channel, code)) or found.get((purpose.code, channel, ""), NONE)
        for channel in channels
    }
    allowed = {
        channel: (state.code == "given" or (not needed and state.code != "withdrawn"))
        and not (silent and channel == "email")
        for channel, state in states.items()
    }
    return Line(purpose, topic, states, allowed)


def _turn(session: Session, who: Known, line: Line, channel: str, want: bool, proof: Proof) -> None:
    act = consent.give if want else consent.withdraw
    act(session, who.id, line.purpose.code, proof, channel=channel, topic=line.topic.code if line.topic else "")


def _email(session: Session, who: Known) -> str:
    identity = session.get(Identity, who.id)
    return (or_none(lambda: identity.email) if identity else None) or ""


def _is_silent(session: Session, who: Known) -> bool:
    """Whether somebody with this mailbox has turned everything off."""
    email = _email(session, who)
    return bool(email) and suppressions.has(session, email, "unsubscribe")


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
    wished: dict[str, Any] = {}
    if choice.every_days is not None:
        wished["every_days"] = choice.every_days or None
    if choice.pause_months is not None:
        wished["paused_until"] = clock.now() + choice.pause_months * MONTH if choice.pause_months else None
    if wished and preferences_state.write(session, who, **wished):
        record(session, PreferencesChanged(subject=who.id))
    if choice.language is not None:
        people.change(session, session.get_one(Person, who.id), by=SYSTEM, language=choice.language)


def _again(session: Session, who: Known) -> Known:
    session.flush()
    return consent_people.find(session, who.id) or who
