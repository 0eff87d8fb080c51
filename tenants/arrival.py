"""Who looks at a page of the console, and what every page wants to know then: all in one round trip.

Each page pays for this before it does anything of its own, so it is one prepared question instead of three: who is
signed in, how the workspace is set up, and whether the bell has something to tell.
"""

from dataclasses import dataclass

from sqlalchemy import true
from sqlalchemy.orm import Session

from infra import long_jobs
from tenants import branding, sessions
from tenants.models import StaffMember, StaffSession, TenantSettings


@dataclass(frozen=True, slots=True)
class Arrival:
    """An active member with their living session."""

    member: StaffMember
    living: StaffSession
    settings: TenantSettings
    has_news: bool
    """Whether long work of theirs is under way or has ended unseen."""


_QUERY = sessions.FIND.outerjoin(TenantSettings, true()).add_columns(
    TenantSettings, long_jobs.has_news(StaffMember.id).label("has_news")
)


def find(session: Session, token: str) -> Arrival | None:
    """The one whose session this token opens; keeps the session alive."""
    row = session.execute(_QUERY, sessions.asked_for(token)).one_or_none()
    if row is None:
        return None
    member, living, settings, has_news = row
    sessions.keep_alive(living)
    return Arrival(member, living, settings or branding.default_settings(), has_news)
