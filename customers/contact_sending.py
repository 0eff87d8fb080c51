"""The door once more, when mails are made: what held when they were asked for may hold no longer.

Consent, suppression, pauses, topics, the budget and quiet hours are asked again, for a batch with the same few
statements. Quiet hours move a mail on; whatever else speaks against one ends it, with the reason in its contact.

Of the budget's messages those that come first go first, by the moment at which they are due and then by their id.
That order is the same for whoever asks, so of two workers at once neither lets one too many out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent_people, contact_facts, contact_rules, contact_times, topics
from customers.consent_events import ContactRefused
from customers.contact_facts import Facts
from customers.models import Contact, ContactRules
from customers.purposes import PURPOSES
from infra import clock
from infra.events import record_all
from tenants import branding

Place = tuple[datetime, UUID]
BY_HAND = "message:"
"""Begins the keys of contacts that somebody wrote (`customers.writing`); they stood as contacts already."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it go out? Not with a `reason`; not before `later`. Without either it may."""

    facts: Facts | None
    reason: str | None = None
    later: datetime | None = None

    @property
    def erased(self) -> bool:
        """Whether there is nobody any more to whom it could go."""
        return self.facts is None or self.facts.who.erased


def judge(session: Session, contacts: Sequence[Contact]) -> dict[UUID, Verdict]:
    """Each contact's id to what the door says now. Moves what may not go out yet to when it may."""
    rules, moment, zone = contact_rules.get(session), clock.now(), branding.get_settings(session).zone
    archived = {topic.code for topic in topics.list_topics(session, archived=True) if topic.archived_at is not None}
    facts = _facts(session, contacts)
    places = _places(session, contacts, facts, rules)
    quiet = contact_rules.quiet_hours(rules)
    found: dict[UUID, Verdict] = {}
    for contact in contacts:
        purpose, mine = PURPOSES[contact.purpose], facts.get(contact.id)
        reason = contact_facts.against(mine, purpose, rules, moment)
        if reason is None and contact.topic in archived:
            reason = "topic_archived"
        if reason is not None or mine is None or purpose.transactional:
            found[contact.id] = Verdict(mine, reason)
            continue
        before = [due for due, each in places[mine.who.id] if (due, each) < (contact.due_at, contact.id)]
        reason = contact_facts.exceeding(before, mine.every_days, rules, contact.due_at)
        loud = quiet.next_allowed(moment, mine.who.zone or zone)
        if reason is None and loud > moment:
            contact.due_at = loud
            found[contact.id] = Verdict(mine, later=loud)
        else:
            found[contact.id] = Verdict(mine, reason)
    return found


def cancel(session: Session, cancelled: Mapping[UUID, str], contacts: Mapping[UUID, Contact]) -> None:
    """Ends contacts with their reasons: facts that others hear of. What did not go out was no contact either."""
    if not cancelled:
        return
    facts = []
    for contact_id, reason in cancelled.items():
        contact = contacts[contact_id]
        contact.state, contact.reason, contact.settled_at = "cancelled", reason, clock.now()
        about = {"person": contact.person_id, "purpose": contact.purpose, "reason": reason}
        facts.append(ContactRefused(subject=contact.id, **about))  # type: ignore[arg-type]
    session.flush()
    record_all(session, facts)
    for person in {contacts[each].person_id for each in cancelled if contacts[each].key.startswith(BY_HAND)}:
        who = consent_people.find(session, person)
        contact_times.recount(session, who.ids if who else [person])


def _facts(session: Session, contacts: Sequence[Contact]) -> dict[UUID, Facts]:
    """Each contact's id to what is known of its person, for its purpose and topic."""
    alike: dict[tuple[str, str, str], list[Contact]] = {}
    for contact in contacts:
        alike.setdefault((contact.purpose, contact.topic, contact.channel), []).append(contact)
    found: dict[UUID, Facts] = {}
    for (purpose, topic, channel), group in alike.items():
        people = {contact.person_id for contact in group}
        known = contact_facts.load(
            session, people, PURPOSES[purpose], topic=topic, channel=channel, lock=False, budget=None
        )
        found.update({contact.id: known[contact.person_id] for contact in group if contact.person_id in known})
    return found


def _places(
    session: Session, contacts: Collection[Contact], facts: Mapping[UUID, Facts], rules: ContactRules
) -> dict[UUID, list[Place]]:
    """Each person's id to when their messages are due that count against the budget, as far as these reach back."""
    counted = [each for each in contacts if each.id in facts and not PURPOSES[each.purpose].transactional]
    owner = {each: facts[contact.id].who.id for contact in counted for each in facts[contact.id].who.ids}
    found: dict[UUID, list[Place]] = {who: [] for who in owner.values()}
    if not counted:
        return found
    longest = max([rules.days, *(facts[contact.id].every_days or 0 for contact in counted)])
    first = min(contact.due_at for contact in counted) - timedelta(days=longest)
    rows = session.execute(
        select(Contact.person_id, Contact.due_at, Contact.id).where(
            Contact.person_id.in_(owner),
            Contact.due_at > first,
            Contact.due_at <= max(contact.due_at for contact in counted),
            Contact.state == "requested",
            Contact.purpose.not_in(contact_facts.EXEMPT),
        )
    )
    for person, due_at, contact_id in rows:
        found[owner[person]].append((due_at, contact_id))
    return found
