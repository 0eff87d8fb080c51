"""What counts now, out of all that somebody gave and withdrew.

- The latest act counts. One that waits for its confirmation changes nothing that was given before.
- Of merged people each one's latest act is looked at: a withdrawal of any of them wins, until the person who they
  turned out to be gives consent after the merge.
- Where the tenant wants consent confirmed by a mailed link, what was proved at another address than the person's
  present one waits to be confirmed again.
- A topic goes by its own acts, else by its purpose's. A purpose that was withdrawn later takes its topics with it;
  a purpose that is given does not bring back a topic that was given up.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from customers import contact_rules
from customers.consent_people import Known
from customers.models import Consent
from infra import clock

Code = Literal["none", "pending", "given", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Act:
    """One row, without its proof."""

    person_id: UUID
    topic: str
    state: str
    at: datetime
    id: UUID
    expires_at: datetime | None
    proved_at: bytes | None
    """The blind index of the address whose mailbox proved it."""

    @property
    def order(self) -> tuple[datetime, bytes]:
        """Later acts are greater."""
        return self.at, self.id.bytes


@dataclass(frozen=True, slots=True)
class State:
    """What counts, and since when; `act` is the row that decides."""

    code: Code
    at: datetime | None = None
    act: UUID | None = None


NONE = State("none")


def states(
    session: Session, people: Collection[Known], purpose: str, *, channel: str = "email", topic: str = ""
) -> dict[UUID, State]:
    """What counts for many people at once, with one statement; each person's id to it."""
    acts = _latest(session, [each for who in people for each in who.ids], [purpose], [channel], {"", topic})
    mine: dict[UUID, list[Act]] = {}
    for _, _, act in acts:
        mine.setdefault(act.person_id, []).append(act)
    moment, proving = clock.now(), purpose in contact_rules.get(session).confirmed
    return {
        who.id: effective([act for each in who.ids for act in mine.get(each, ())], who, topic, moment, proving)
        for who in people
    }


def overview(session: Session, who: Known) -> dict[tuple[str, str, str], State]:
    """Everything of one person: (purpose, channel, topic) to what counts."""
    found: dict[tuple[str, str], list[Act]] = {}
    for purpose, channel, act in _latest(session, who.ids, None, None, None):
        found.setdefault((purpose, channel), []).append(act)
    moment, proving = clock.now(), contact_rules.get(session).confirmed
    return {
        (purpose, channel, topic): effective(acts, who, topic, moment, purpose in proving)
        for (purpose, channel), acts in found.items()
        for topic in {"", *(act.topic for act in acts)}
    }


def effective(acts: Iterable[Act], who: Known, topic: str, moment: datetime, proving: bool = False) -> State:
    """The rules at the top of this module, for the acts of one purpose and channel, which may need `proving`."""
    by_topic: dict[str, list[Act]] = {"": [], topic: []}
    for act in acts:
        if act.topic in by_topic:
            by_topic[act.topic].append(act)
    whole = _of_one_topic(by_topic[""], who, moment, proving)
    if not topic:
        return whole
    own = _of_one_topic(by_topic[topic], who, moment, proving)
    if own.at is None:
        return whole
    if own.code == "given" and whole.code == "withdrawn" and whole.at is not None and whole.at > own.at:
        return whole
    return own


def _of_one_topic(acts: list[Act], who: Known, moment: datetime, proving: bool) -> State:
    settled: dict[UUID, Act] = {}
    waiting: Act | None = None
    for act in sorted(acts, key=lambda each: each.order):
        if act.state != "pending":
            settled[act.person_id] = act
        elif act.expires_at is not None and act.expires_at > moment:
            waiting = act
    decided = _decided(settled, who.id, who.merged)
    code = _code(decided, who, proving) if decided is not None else "none"
    if decided is not None and (waiting is None or code == "given" or decided.order > waiting.order):
        return State(code, decided.at, decided.id)
    if waiting is None:
        return NONE
    return State("pending", waiting.at, waiting.id)


def _decided(settled: Mapping[UUID, Act], person: UUID, merged: Mapping[UUID, datetime]) -> Act | None:
    own = settled.get(person)
    against = [
        act
        for each, act in settled.items()
        if act.state == "withdrawn"
        and (each == person or own is None or own.state != "given" or own.at <= merged[each])
    ]
    return max(against or settled.values(), key=lambda act: act.order, default=None)


def _code(decided: Act, who: Known, proving: bool) -> Code:
    if decided.state != "given":
        return "withdrawn"
    elsewhere = proving and decided.proved_at is not None and decided.proved_at != who.address
    return "pending" if elsewhere else "given"


def _latest(
    session: Session,
    ids: Collection[UUID],
    of_purposes: Collection[str] | None,
    channels: Collection[str] | None,
    topics: Collection[str] | None,
) -> list[tuple[str, str, Act]]:
    """Of each person, purpose, channel and topic the latest act of each state."""
    which = (Consent.person_id, Consent.purpose, Consent.channel, Consent.topic, Consent.state)
    columns = (*which, Consent.at, Consent.id, Consent.expires_at, Consent.email_index)
    query = select(*columns).where(Consent.person_id.in_(ids))
    if of_purposes is not None:
        query = query.where(Consent.purpose.in_(of_purposes))
    if channels is not None:
        query = query.where(Consent.channel.in_(channels))
    if topics is not None:
        query = query.where(Consent.topic.in_(topics))
    rows = session.execute(query.ext(distinct_on(*which)).order_by(*which, Consent.at.desc(), Consent.id.desc()))
    return [
        (
            row.purpose,
            row.channel,
            Act(row.person_id, row.topic, row.state, row.at, row.id, row.expires_at, row.email_index),
        )
        for row in rows
    ]
