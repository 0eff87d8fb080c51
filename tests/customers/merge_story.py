"""Merges of everybody into everybody at the same moment."""

from collections.abc import Callable, Sequence
from contextvars import Context
from threading import Thread
from typing import Any
from uuid import UUID

from infra.db import TenantRef
from infra.errors import RapportError
from infra.services import Services
from tenants.permissions import SYSTEM


def merged_in_every_direction(
    services: Services, tenant: TenantRef, ids: Sequence[UUID], merge: Callable[..., Any]
) -> list[RapportError]:
    """Each pair both ways and twice, each in a thread of its own; what was refused."""
    refused: list[RapportError] = []

    def work(kept: UUID, merged: UUID) -> None:
        try:
            with services.db.tenant_session(tenant) as session:
                merge(session, kept, merged, by=SYSTEM)
        except RapportError as refusal:
            refused.append(refusal)

    pairs = [(one, other) for one in ids for other in ids if one != other] * 2
    threads = [Thread(target=Context().run, args=(work, *pair)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
