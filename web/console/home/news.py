"""What changed within a week: answers, scores, and what colleagues did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from infra import clock
from infra.ids import first_id_at
from surveys.pulse import Arrivals
from surveys.statistics import Verdict, count_difference
from tenants.audit import KINDS
from tenants.audit.names import told
from tenants.models import AuditEntry
from web import tenancy
from web.console.home.feelings import Feeling

WEEK = timedelta(days=7)
MOST = 6
READ = 60
"""Entries among which those for the page are chosen: of each kind and thing only the newest is told."""

# fmt: off
TOLD: Mapping[str, str] = {
    "survey.published": "surveys.read",
    "survey.withdrawn": "surveys.read",
    "survey.archived": "surveys.read",
    "survey.restored": "surveys.read",
    "survey.deleted": "surveys.read",
    "staff.added": "staff.read",
    "staff.invitation_accepted": "staff.read",
    "staff.removed": "staff.read",
    "staff.left": "staff.read",
    "staff.role_changed": "staff.manage",
    "workspace.owner_changed": "staff.read",
    "brand.look_changed": "console.read",
    "brand.logo_changed": "console.read",
    "settings.languages_changed": "settings.edit",
    "settings.zone_changed": "settings.edit",
    "settings.second_factor_required": "console.read",
    "domain.verified": "domains.manage",
    "domain.disabled": "domains.manage",
    "api_key.created": "api_keys.manage",
    "support.granted": "staff.manage",
}
"""The deeds that Home tells of, and who may hear of each. The audit log has them all."""
# fmt: on


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, in a sentence."""

    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class News:
    """Answers of the last seven full days beside the seven before, and the scores that moved."""

    answers: int
    answers_before: int
    verdict: Verdict
    direction: str
    moved: Sequence[Feeling]
    compared: bool
    """Whether any score could be compared with the week before."""


def read(felt: Iterable[Feeling], arrivals: Mapping[UUID, Arrivals]) -> News:
    """What the counts say about the week."""
    answers = sum(each.week for each in arrivals.values())
    before = sum(each.week_before for each in arrivals.values())
    weeks = [each for each in felt if each.week is not None and each.week.previous is not None]
    return News(
        answers=answers,
        answers_before=before,
        verdict=count_difference(before, answers).verdict,
        direction="up" if answers > before else "down",
        moved=[each for each in weeks if each.week is not None and each.week.verdict == "yes"],
        compared=bool(weeks),
    )


def deeds() -> list[Deed]:
    """The newest deeds of the week that the one who looks may hear of; of each kind and thing the newest."""
    who, session = tenancy.actor(), tenancy.session()
    kinds = [kind for kind, permission in TOLD.items() if who.may(permission) and kind in KINDS]
    query = select(AuditEntry).where(AuditEntry.id >= first_id_at(clock.now() - WEEK), AuditEntry.action.in_(kinds))
    found = session.scalars(query.order_by(AuditEntry.id.desc()).limit(READ)).all()
    once = {(entry.action, entry.subject_id): entry for entry in reversed(found)}
    newest = sorted(once.values(), key=lambda entry: entry.id, reverse=True)[:MOST]
    return [Deed(at, sentence) for at, sentence in told(session, newest)]
