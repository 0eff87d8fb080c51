"""What signing up and signing in left behind goes when its purpose is over.

Visitors of the platform host leave rows in the control plane; staff leave ended sessions, used codes and counted
attempts in their tenant, where the sweeper looks for them.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.jobs.declared import job
from infra.services import Services
from tenants import sessions, throttle
from tenants.abuse import reports
from tenants.models import SignInAttempt, SignUp, StaffToken, WorkspaceRequest

REQUESTS_KEPT = timedelta(days=2)
SIGN_UPS_KEPT = timedelta(days=30)
"""After expiry, so that support can still see what happened to somebody's sign-up."""
TOKENS_KEPT = timedelta(days=30)
"""After a code of one use was used or has expired."""


@job(queue="bulk", scope="services")
def forget_visitors(services: Services, tenant: None) -> None:
    """Deletes answered look-ups and sign-ups that nobody completed; the addresses in them go too."""
    with services.db.control_session() as session:
        forget(session)


def forget(session: Session) -> None:
    """The deletion itself, in the caller's transaction."""
    session.execute(delete(WorkspaceRequest).where(WorkspaceRequest.created_at < now() - REQUESTS_KEPT))
    session.execute(delete(SignUp).where(SignUp.completed_at.is_(None), SignUp.expires_at < now() - SIGN_UPS_KEPT))
    session.execute(delete(SignUp).where(SignUp.completed_at < now() - SIGN_UPS_KEPT))
    reports.forget(session)


def has_old_sign_ins(session: Session) -> bool:
    """Whether a tenant keeps sessions, codes or attempts for longer than it should, for the sweeper."""
    attempt = select(SignInAttempt.id).where(SignInAttempt.at < now() - throttle.KEPT)
    token = select(StaffToken.id).where(_old_token())
    return sessions.has_old(session) or any(
        session.scalar(query.limit(1)) is not None for query in (attempt, token)
    )


@job(queue="bulk")
def forget_sign_ins(session: Session) -> None:
    """Deletes a tenant's ended sessions, used or expired codes, and attempts that count no longer."""
    sessions.forget_old(session)
    session.execute(delete(StaffToken).where(_old_token()))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - throttle.KEPT))


def _old_token() -> ColumnElement[bool]:
    limit = now() - TOKENS_KEPT
    return or_(StaffToken.used_at < limit, StaffToken.expires_at < limit)
