"""What a list says about the consent of many people at once, by the same rules as one by one (`customers.consent`).

An imported yes never speaks against a withdrawal that may be later: it counts after one only where the list says
that it was given later still. An imported no counts at once, unless the list says that it is older than a consent.
Where a purpose asks for the year of birth, each person goes through `consent.give`, which may refuse.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from customers import consent, consent_people, consent_state, contact_rules
from customers.consent import Proof
from customers.consent_errors import ConsentInvalid
from customers.consent_events import ConsentChanged
from customers.consent_state import State
from customers.models import Consent
from infra import clock
from infra.events import record_all
from infra.ids import new_id

TOLD = "as told by staff"
"""Stands for a wording that nobody has named; `by_id` of the row says who told it."""


@dataclass(frozen=True, slots=True)
class About:
    """What is agreed to; an empty topic is the whole purpose."""

    purpose: str
    channel: str
    topic: str = ""


@dataclass(slots=True)
class Told:
    """How many a list gave and withdrew, how many acts of people it left, and how many it may not give."""

    given: int = 0
    withdrawn: int = 0
    kept: int = 0
    refused: int = 0

    def add(self, other: "Told") -> None:
        """Counts the other one's too."""
        self.given, self.withdrawn = self.given + other.given, self.withdrawn + other.withdrawn
        self.kept, self.refused = self.kept + other.kept, self.refused + other.refused


def note(session: Session, about: About, said: Mapping[UUID, tuple[bool, datetime | None]], proof: Proof) -> Told:
    """Notes what a list says: yes or no by person, and when they said so if the list knows it."""
    known = consent_people.known(session, said, lock=True)
    people = {who.id: (who, said[asked]) for asked, who in known.items() if not who.erased}
    states = consent_state.states(
        session, [who for who, _ in people.values()], about.purpose, channel=about.channel, topic=about.topic
    )
    told, gated, rows = Told(), about.purpose in contact_rules.get(session).ages, []
    for person, (_, (yes, at)) in people.items():
        state = states[person]
        if state.code == ("given" if yes else "withdrawn"):
            continue
        if not _counts(state, yes, at):
            told.kept += 1
        elif yes and gated:
            _one_by_one(session, person, about, proof, at, told)
        else:
            rows.append(_row(person, about, "given" if yes else "withdrawn", proof, at))
            told.given, told.withdrawn = told.given + yes, told.withdrawn + (not yes)
    _keep(session, rows)
    return told


def withdraw_given_by(session: Session, evidence: UUID, people: Collection[UUID], proof: Proof) -> int:
    """Withdraws what a list gave to these people where that is what counts still; what they did since stays."""
    given = (Consent.evidence == evidence) & (Consent.state == "given")
    found = session.scalars(select(Consent).where(Consent.person_id.in_(people), given)).all()
    known = consent_people.known(session, {row.person_id for row in found}, lock=True)
    rows = []
    for about in sorted({(row.purpose, row.channel, row.topic) for row in found}):
        mine = {row.id: row for row in found if (row.purpose, row.channel, row.topic) == about}
        whose = list({who.id: who for who in (known.get(row.person_id) for row in mine.values()) if who}.values())
        states = consent_state.states(session, whose, about[0], channel=about[1], topic=about[2])
        for state in states.values():
            if state.act in mine:
                rows.append(_row(mine[state.act].person_id, About(*about), "withdrawn", proof, None))
    _keep(session, rows)
    return len(rows)


def _counts(state: State, yes: bool, at: datetime | None) -> bool:
    """Whether what a list says, as of `at`, stands against what the person did."""
    if state.at is None or state.code not in ("given", "withdrawn"):
        return True
    return (at is not None and at > state.at) if yes else (at is None or at > state.at)


def _one_by_one(
    session: Session, person: UUID, about: About, proof: Proof, at: datetime | None, told: Told
) -> None:
    each = Proof(
        proof.source, proof.by, how=proof.how, text_version=proof.text_version, evidence=proof.evidence, at=at
    )
    try:
        consent.give(session, person, about.purpose, each, channel=about.channel, topic=about.topic)
        told.given += 1
    except ConsentInvalid:
        told.refused += 1


def _row(person: UUID, about: About, state: str, proof: Proof, at: datetime | None) -> dict[str, object]:
    return {
        "id": new_id(),
        "person_id": person,
        "purpose": about.purpose,
        "channel": about.channel,
        "topic": about.topic,
        "state": state,
        "source": proof.source,
        "text_version": (proof.text_version or TOLD) if state == "given" else None,
        "how": " ".join(proof.how.split()) or None,
        "evidence": proof.evidence,
        "by_id": proof.by.id,
        "at": at or clock.now(),
    }


def _keep(session: Session, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    session.execute(insert(Consent), rows)
    record_all(session, [_event(row) for row in rows])


def _event(row: Mapping[str, object]) -> ConsentChanged:
    named = {name: str(row[name]) for name in ("purpose", "channel", "topic", "state")}
    return ConsentChanged(subject=_uuid(row["person_id"]), consent=_uuid(row["id"]), **named)


def _uuid(value: object) -> UUID:
    assert isinstance(value, UUID)
    return value
