"""Who looks at a page of the console, and what every page wants to know then: all in one round trip.

Each page pays for this before it does anything of its own. So a page is met with a `Glance`: one prepared statement
as a whole transaction, without the ORM. Who is about to change something, or is asked for by their page, is found
as an `Arrival`, in the request's own session.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from infra import clock
from infra.crypto import Keys
from infra.crypto.columns import or_none
from infra.db import Databases, TenantRef, fast
from infra.i18n.scope import DEFAULT_LOCALE, DEFAULT_ZONE
from infra.ids import token_hash
from infra.long_jobs import NEWS_FOR
from tenants import sessions
from tenants.models import StaffMember, StaffSession

GLANCE = """
SELECT m.id, m.role, coalesce(m.locale, t.default_locale), coalesce(m.zone, t.zone), m.name, s.last_seen_at,
  t.second_factor_required_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM second_factors f WHERE f.staff_id = m.id AND f.confirmed_at IS NOT NULL),
  EXISTS (SELECT FROM long_jobs j WHERE j.created_by = m.id
    AND (j.state IN ('waiting', 'running') OR (j.seen_at IS NULL AND j.ended_at >= $4::timestamptz)))
FROM staff_sessions s JOIN staff_members m ON m.id = s.staff_id LEFT JOIN tenant_settings t ON true
WHERE s.token_hash = $1::bytea AND s.ended_at IS NULL AND s.expires_at > $2::timestamptz
  AND s.created_at > $3::timestamptz AND m.deactivated_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Glance:
    """An active member with a living session, as it was a moment ago."""

    member_id: UUID
    role: str
    locale: str
    zone: str
    name: str
    """"" for one who was erased."""
    is_stale: bool
    """Whether it is time to note that the session is used."""
    lacks_second_factor: bool
    """Whether the workspace asks everybody for a second factor and they have none."""
    has_news: bool
    """Whether long work of theirs is under way or has ended unseen."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An active member with their living session."""

    member: StaffMember
    living: StaffSession


def glance(databases: Databases, keys: Keys, tenant: TenantRef, token: str) -> Glance | None:
    """The one whose session this token opens; None when it opens none."""
    moment = clock.now()
    asked = ("\\x" + token_hash(token).hex(), moment, moment - sessions.LONGEST, moment - NEWS_FOR)
    rows = fast.once(databases, tenant, GLANCE, *asked)
    if not rows:
        return None
    member, role, locale, zone, name, seen, lacks, news = rows[0]
    return Glance(
        member_id=UUID(member),
        role=role or "",
        locale=locale or DEFAULT_LOCALE,
        zone=zone or DEFAULT_ZONE,
        name=_opened(keys, tenant, name),
        is_stale=moment - datetime.fromisoformat(seen or "") > sessions.SEEN_EVERY,
        lacks_second_factor=lacks == "t",
        has_news=news == "t",
    )


def find(session: Session, token: str) -> Arrival | None:
    """The same one in the session; notes that the session is used."""
    found = sessions.find(session, token)
    return Arrival(*found) if found is not None else None


def _opened(keys: Keys, tenant: TenantRef, sealed: str | None) -> str:
    """What a bytea as text holds under its owner's key."""
    envelope = bytes.fromhex((sealed or "").removeprefix("\\x"))
    return or_none(lambda: keys.for_tenant(tenant).decrypt(envelope)) or "" if envelope else ""
