"""What the tenant has decided about writing to people: budget, quiet hours, where consent is asked and confirmed.

Defaults: two messages in 14 days, reminders included. That leaves room for an invitation and its one reminder, and
then for a fortnight's rest; whoever wants more decides so. Quiet from 21:00 to 8:00.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from customers import purposes
from customers.models import ContactRules
from customers.quiet_hours import DAY, QuietHours, weekdays
from customers.setting_events import ContactRulesChanged
from infra.db import current_tenant
from infra.errors import Invalid
from infra.events import record
from infra.i18n import N_
from tenants import audit
from tenants.permissions import Actor

MOST, DAYS = 2, 14
QUIET_FROM, QUIET_UNTIL = 21 * 60, 8 * 60
LARGEST_MOST, LARGEST_DAYS = 50, 365

OUT_OF_RANGE = N_("Choose a number within the bounds.")
ONE_TIME_MISSING = N_("Give both times, or leave both empty for no quiet hours.")
NEVER_LOUD = N_("Leave at least one day of the week on which people may be written to.")
NO_CHANNEL = N_("Choose at least one way to reach people.")


def get(session: Session) -> ContactRules:
    """The rules; a workspace that has decided nothing has the defaults, which are not stored."""
    return session.get(ContactRules, 1) or _defaults()


def set_budget(session: Session, *, most: int, days: int, by: Actor) -> ContactRules:
    """At most `most` messages to one person in any `days` days. Raises Invalid."""
    problems: dict[str, list[str]] = {}
    if not 1 <= most <= LARGEST_MOST:
        problems["most"] = [OUT_OF_RANGE]
    if not 1 <= days <= LARGEST_DAYS:
        problems["days"] = [OUT_OF_RANGE]
    if problems:
        raise Invalid(problems=problems)
    rules = changed(session)
    rules.most, rules.days = most, days
    _tell(session, "budget")
    audit.record(session, "contact_rules.budget_changed", by=by, most=most, days=days)
    return rules


def set_quiet_hours(
    session: Session, *, begin: int | None, until: int | None, days: Collection[int], by: Actor
) -> ContactRules:
    """Minutes after midnight, or None twice for none, and whole days of the week. Raises Invalid."""
    if (begin is None) != (until is None):
        raise Invalid(problems={"quiet_from" if begin is None else "quiet_until": [ONE_TIME_MISSING]})
    if any(minute is not None and not 0 <= minute < DAY for minute in (begin, until)):
        raise Invalid(problems={"quiet_from": [OUT_OF_RANGE]})
    if not set(days) <= set(range(1, 8)) or len(set(days)) == 7:
        raise Invalid(problems={"quiet_weekdays": [NEVER_LOUD]})
    rules = changed(session)
    rules.quiet_from, rules.quiet_until, rules.quiet_weekdays = begin, until, sorted(set(days))
    _tell(session, "quiet_hours")
    audit.record(
        session, "contact_rules.quiet_hours_changed", by=by, begin=begin, until=until, days=sorted(set(days))
    )
    return rules


def set_consent(
    session: Session,
    *,
    asked_first: Collection[str],
    confirmed: Collection[str],
    ages: Mapping[str, int],
    channels: Collection[str],
    by: Actor,
) -> ContactRules:
    """For which purposes consent is asked before the first message, confirmed by mail, and from which age."""
    problems: dict[str, list[str]] = {}
    chosen = {purpose.code for purpose in purposes.CHOSEN}
    for name, given in (("asked_first", asked_first), ("confirmed", confirmed), ("ages", ages)):
        if not set(given) <= chosen:
            problems[name] = [purposes.PurposeUnknown.message]
    if any(not 5 <= age <= 21 for age in ages.values()):
        problems["ages"] = [OUT_OF_RANGE]
    if not channels or not set(channels) <= set(purposes.CHANNELS):
        problems["channels"] = [NO_CHANNEL]
    if problems:
        raise Invalid(problems=problems)
    rules = changed(session)
    rules.asked_first, rules.confirmed = sorted(asked_first), sorted(confirmed)
    rules.ages, rules.channels = dict(ages), [code for code in purposes.CHANNELS if code in channels]
    _tell(session, "consent")
    audit.record(
        session,
        "contact_rules.consent_changed",
        by=by,
        asked_first=sorted(asked_first),
        confirmed=sorted(confirmed),
        ages=dict(ages),
        channels=rules.channels,
    )
    return rules


def set_soft_bounces(session: Session, *, count: int, days: int, by: Actor) -> ContactRules:
    """How many soft bounces in how many days suppress an address. Raises Invalid."""
    if not 1 <= count <= LARGEST_MOST or not 1 <= days <= LARGEST_DAYS:
        raise Invalid(problems={"soft_bounces": [OUT_OF_RANGE]})
    rules = changed(session)
    rules.soft_bounces, rules.soft_bounce_days = count, days
    _tell(session, "soft_bounces")
    audit.record(session, "contact_rules.soft_bounces_changed", by=by, count=count, days=days)
    return rules


def quiet_hours(rules: ContactRules) -> QuietHours:
    """As what computes with them."""
    return QuietHours(rules.quiet_from, rules.quiet_until, weekdays(rules.quiet_weekdays))


def needs_consent(rules: ContactRules, purpose: purposes.Purpose) -> bool:
    """Whether nothing goes out before somebody agreed; by law, or because the tenant wants it so."""
    if purpose.kind == "feedback":
        return purpose.code in rules.asked_first
    return not purpose.transactional


def exceeds(taken: Sequence[datetime], moment: datetime, most: int, days: int) -> bool:
    """Whether one more at the moment would make more than `most` in some span of `days` days.

    `taken` are the times of those before and after it; a span includes its begin and not its end.
    """
    span = timedelta(days=days)
    near = sorted([*(at for at in taken if abs(at - moment) < span), moment])
    return any(
        sum(1 for at in near if begin <= at < begin + span) > most
        for begin in near
        if begin <= moment < begin + span
    )


def changed(session: Session) -> ContactRules:
    """The stored row, held for a change."""
    rules = session.get(ContactRules, 1, with_for_update=True)
    if rules is None:
        rules = session.merge(_defaults())
    return rules


def _tell(session: Session, part: str) -> None:
    record(session, ContactRulesChanged(subject=current_tenant().id, part=part))


def _defaults() -> ContactRules:
    return ContactRules(
        id=1,
        most=MOST,
        days=DAYS,
        quiet_from=QUIET_FROM,
        quiet_until=QUIET_UNTIL,
        quiet_weekdays=[],
        asked_first=[],
        confirmed=[],
        ages={},
        channels=["email"],
        soft_bounces=5,
        soft_bounce_days=30,
        link_key=1,
    )
