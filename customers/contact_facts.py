"""What speaks for and against writing to people: read for many at once, judged for each.

`request`, `request_many` and the moment of sending ask the same questions here, in the same order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent_people, consent_state, contact_rules, preferences_state, suppressions
from customers.consent_people import Known
from customers.consent_state import State
from customers.models import Contact, ContactRules, Identity
from customers.purposes import PURPOSES, Purpose
from infra import clock
from infra.i18n import N_

REASONS: Mapping[str, str] = {
    "unknown_person": N_("There is no such customer"),
    "erased": N_("The customer was erased"),
    "no_address": N_("No e-mail address is known"),
    "hard_bounce": N_("The address does not exist"),
    "complaint": N_("Mail to the address was reported as spam"),
    "unsubscribe": N_("The address wants no mail"),
    "manual": N_("Staff put the address on the list of those not written to"),
    "import": N_("The address is on an imported list of those not written to"),
    "withdrawn": N_("The customer does not want this"),
    "no_consent": N_("The customer has not agreed to this"),
    "not_confirmed": N_("The customer has not confirmed it yet"),
    "topic_archived": N_("The topic is archived"),
    "paused": N_("The customer has paused messages"),
    "own_frequency": N_("The customer wants messages less often"),
    "budget": N_("The customer got enough messages in this time"),
    "nothing_to_say": N_("There was nothing to say any more"),
    "taken_back": N_("It was taken back before it was sent"),
}
"""Why a message was refused or cancelled, as lists say it."""


EXEMPT = [purpose.code for purpose in PURPOSES.values() if purpose.transactional]
"""What counts against no budget."""


@dataclass(slots=True)
class Facts:
    """About one person, for one purpose. `taken` are the times of messages that count against the budget."""

    who: Known
    address: bytes | None = None
    suppressed: frozenset[str] = frozenset()
    consent: State = consent_state.NONE
    paused_until: datetime | None = None
    every_days: int | None = None
    taken: list[datetime] = field(default_factory=list)


def load(
    session: Session,
    ids: Collection[UUID],
    purpose: Purpose,
    *,
    topic: str,
    channel: str,
    lock: bool,
    budget: ContactRules | None,
) -> dict[UUID, Facts]:
    """Each id that is somebody's to what is known, with a handful of statements for however many there are.

    With a `budget` also what was sent near today; people are held with `lock`, so that it stays true.
    """
    known = consent_people.known(session, ids, lock=lock)
    found = {who.id: Facts(who) for who in known.values()}
    _addresses(session, found)
    if not purpose.transactional:
        states = consent_state.states(
            session, [each.who for each in found.values()], purpose.code, channel=channel, topic=topic
        )
        for person, state in states.items():
            found[person].consent = state
        _preferences(session, found)
        if budget is not None:
            _taken(session, found, budget)
    return {asked: found[who.id] for asked, who in known.items()}


def against(facts: Facts | None, purpose: Purpose, rules: ContactRules, moment: datetime) -> str | None:
    """Why this person is not written to for the purpose at the moment, budget aside; None when they may be."""
    if facts is None:
        return "unknown_person"
    if facts.who.erased:
        return "erased"
    if facts.address is None:
        return "no_address"
    stopped = suppressions.stopping(facts.suppressed, transactional=purpose.transactional)
    if stopped is not None:
        return stopped
    if purpose.transactional:
        return None
    if facts.consent.code == "withdrawn":
        return "withdrawn"
    if contact_rules.needs_consent(rules, purpose) and facts.consent.code != "given":
        return "not_confirmed" if facts.consent.code == "pending" else "no_consent"
    return "paused" if facts.paused_until is not None and facts.paused_until > moment else None


def too_often(facts: Facts, purpose: Purpose, rules: ContactRules, moment: datetime) -> str | None:
    """Whether one more message at the moment is more than the tenant, or the person, wants."""
    return None if purpose.transactional else exceeding(facts.taken, facts.every_days, rules, moment)


def exceeding(
    taken: Sequence[datetime], every_days: int | None, rules: ContactRules, moment: datetime
) -> str | None:
    """Which limit one more message at the moment breaks, beside those that were taken."""
    if every_days is not None and contact_rules.exceeds(taken, moment, 1, every_days):
        return "own_frequency"
    return "budget" if contact_rules.exceeds(taken, moment, rules.most, rules.days) else None


def _addresses(session: Session, found: Mapping[UUID, Facts]) -> None:
    rows = session.execute(select(Identity.id, Identity.email_index).where(Identity.id.in_(found))).all()
    for person, index in rows:
        found[person].address = index
    standing = suppressions.standing(session, [index for _, index in rows if index is not None])
    for facts in found.values():
        if facts.address is not None:
            facts.suppressed = frozenset(standing.get(facts.address, ()))


def _preferences(session: Session, found: Mapping[UUID, Facts]) -> None:
    for person, wished in preferences_state.wishes(session, [each.who for each in found.values()]).items():
        found[person].paused_until, found[person].every_days = wished.paused_until, wished.every_days


def _taken(session: Session, found: Mapping[UUID, Facts], rules: ContactRules) -> None:
    """What was asked for and not cancelled, of everything but transactional mail, near the present or later."""
    owner = {each: facts for facts in found.values() for each in facts.who.ids}
    longest = max([rules.days, *(facts.every_days or 0 for facts in found.values())])
    rows = session.execute(
        select(Contact.person_id, Contact.due_at).where(
            Contact.person_id.in_(owner),
            Contact.due_at > clock.now() - timedelta(days=longest),
            Contact.state == "requested",
            Contact.purpose.not_in(EXEMPT),
        )
    )
    for person, due_at in rows:
        owner[person].taken.append(due_at)
