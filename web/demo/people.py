"""Acme's staff: one for each role. Invented names; the password is printed, hence only in development."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra.crypto.normal import email as normal_email
from infra.db import TenantRef
from infra.services import Services
from tenants import passwords, staff
from tenants.models import StaffIndex
from tenants.permissions import ADMIN, ANALYST, EDITOR, OWNER, VIEWER
from web.demo.plan import SPACE

PASSWORD = "freshly-roasted-beans"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works at Acme."""

    name: str
    role: str
    locale: str

    @property
    def email(self) -> str:
        return f"{self.role}@acme.example"

    @property
    def id(self) -> UUID:
        """The same in every demo tenant."""
        return uuid5(SPACE, f"staff {self.role}")


COLLEAGUES = (
    Colleague("Clara Brandt", OWNER, "en"),
    Colleague("Jonas Weber", ADMIN, "de"),
    Colleague("Aoife Byrne", EDITOR, "en"),
    Colleague("Lukas Hartmann", ANALYST, "de"),
    Colleague("Niamh Kelly", VIEWER, "en"),
)
EDITOR_ID = COLLEAGUES[2].id


def hire(session: Session) -> None:
    """Adds who is not there yet; the owner first."""
    for colleague in COLLEAGUES:
        staff.add(
            session,
            name=colleague.name,
            email=colleague.email,
            role=colleague.role,
            password_hash=passwords.hashed(PASSWORD),
            locale=colleague.locale,
            member_id=colleague.id,
        )


def hired_at(session: Session) -> datetime:
    """When the owner came: the moment at which the story ends, however often the demo is taken up again."""
    return staff.get(session, COLLEAGUES[0].id).created_at


def enter_in_index(services: Services, tenant: TenantRef) -> None:
    """Lets the colleagues find their workspace by mail."""
    with services.db.control_session() as session:
        for colleague in COLLEAGUES:
            index = services.keys.platform.blind("email", normal_email(colleague.email))
            entry = insert(StaffIndex).values(email_index=index, tenant_id=tenant.id)
            session.execute(entry.on_conflict_do_nothing())
