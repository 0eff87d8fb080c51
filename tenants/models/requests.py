"""What visitors of the platform host asked for without being signed in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.db import ControlBase
from infra.ids import new_id


class WorkspaceRequest(ControlBase):
    """ "Find my workspace": the address to answer, until the mail has gone. Written for unknown addresses too."""

    __tablename__ = "workspace_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[bytes]
    """Encrypted under the platform key."""
    email_index: Mapped[bytes] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
