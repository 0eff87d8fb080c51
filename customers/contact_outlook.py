"""What the door would say now, without asking for anything: for whoever is about to write."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from customers import contact_facts, contact_rules, purposes, topics
from customers.consent_state import Code
from customers.contact_facts import Facts
from customers.models import ContactRules
from customers.purposes import Purpose
from infra import clock
from tenants import branding


@dataclass(frozen=True, slots=True)
class Outlook:
    """`reason` is None when it may go out, then at `due_at`. `again_at`: when the budget would have room again."""

    purpose: Purpose
    reason: str | None
    due_at: datetime
    now: datetime
    consent: Code = "none"
    needs_consent: bool = False
    taken: int = 0
    most: int = 0
    days: int = 0
    every_days: int | None = None
    again_at: datetime | None = None
    paused_until: datetime | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether quiet hours keep it back for now."""
        return self.reason is None and self.due_at > self.now


def look(session: Session, person_id: UUID, purpose_code: str, *, topic: str = "") -> Outlook:
    """The answer that `contact.request` would give at this moment. Raises PurposeUnknown, TopicNotFound."""
    purpose, rules, moment = purposes.get(purpose_code), contact_rules.get(session), clock.now()
    archived = bool(topic) and topics.get_by_code(session, topic).archived_at is not None
    budget = None if purpose.transactional else rules
    known = contact_facts.load(
        session, [person_id], purpose, topic=topic, channel="email", lock=False, budget=budget
    )
    facts = known.get(person_id)
    reason = contact_facts.against(facts, purpose, rules, moment)
    if reason is None and archived:
        reason = "topic_archived"
    if facts is None or purpose.transactional:
        return Outlook(purpose, reason, moment, moment)
    zone = facts.who.zone or branding.get_settings(session).zone
    due = contact_rules.quiet_hours(rules).next_allowed(moment, zone)
    reason = reason or contact_facts.too_often(facts, purpose, rules, due)
    span = timedelta(days=rules.days)
    return Outlook(
        purpose,
        reason,
        due,
        moment,
        consent=facts.consent.code,
        needs_consent=contact_rules.needs_consent(rules, purpose),
        taken=sum(1 for at in facts.taken if due - span < at <= due),
        most=rules.most,
        days=rules.days,
        every_days=facts.every_days,
        again_at=_room(facts, purpose, rules, zone, due) if reason in ("budget", "own_frequency") else None,
        paused_until=facts.paused_until,
    )


def count(session: Session, ids: Collection[UUID], purpose_code: str) -> Counter[str]:
    """How many of these the door would let through now, under "", and how many it would refuse for which reason.

    Nobody is held for it: what is true now may not be when they are asked for. Raises PurposeUnknown.
    """
    purpose, rules, moment = purposes.get(purpose_code), contact_rules.get(session), clock.now()
    quiet, own = contact_rules.quiet_hours(rules), branding.get_settings(session).zone
    known = contact_facts.load(session, ids, purpose, topic="", channel="email", lock=False, budget=rules)
    found: Counter[str] = Counter()
    for person in ids:
        facts = known.get(person)
        reason = contact_facts.against(facts, purpose, rules, moment)
        if reason is None and facts is not None:
            due = quiet.next_allowed(moment, facts.who.zone or own)
            reason = contact_facts.too_often(facts, purpose, rules, due)
        found[reason or ""] += 1
    return found


def _room(facts: Facts, purpose: Purpose, rules: ContactRules, zone: str, due: datetime) -> datetime | None:
    """The first moment from which a message would not be one too many."""
    spans = {rules.days, facts.every_days or rules.days}
    ends = sorted(at + timedelta(days=days) for at in facts.taken for days in spans)
    quiet = contact_rules.quiet_hours(rules)
    loud = (quiet.next_allowed(end, zone) for end in ends if end > due)
    return next((at for at in loud if contact_facts.too_often(facts, purpose, rules, at) is None), None)
