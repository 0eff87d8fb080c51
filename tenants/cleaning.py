"""What visitors of the platform host left behind goes when its purpose is over."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from infra.clock import now
from infra.jobs.declared import job
from infra.services import Services
from tenants.models import SignUp, WorkspaceRequest

REQUESTS_KEPT = timedelta(days=2)
SIGN_UPS_KEPT = timedelta(days=30)
"""After expiry, so that support can still see what happened to somebody's sign-up."""


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
