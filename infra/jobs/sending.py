"""`enqueue`: recorded in the transaction, sent after its outer commit, dropped when it rolls back."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.db.after_commit import after_commit
from infra.db.scope import TenantRef
from infra.errors import Unavailable
from infra.jobs.declared import JobSpec, spec_of
from infra.jobs.queues import Queues

log = logging.getLogger(__name__)

_queues: Queues | None = None


def configure(queues: Queues | None) -> Queues | None:
    """From now on this process sends its jobs there; answers where it sent them before."""
    global _queues
    before, _queues = _queues, queues
    return before


def enqueue(
    session: Session, function: Callable[..., Any], *, once: str | None = None, delay: int = 0, **ids: object
) -> None:
    """Records a job to be sent after the commit. `ids` must be ids, codes or numbers.

    With `once`, the job is sent only when no job with that flag is waiting for this tenant; `delay` in seconds
    keeps such a job back, so that more comes together for it. A job that cannot be sent because Valkey is away is
    logged: whoever needs it for certain has an event or a due row besides.
    """
    spec = spec_of(function)
    tenant = session.info.get("tenant")
    tenant_id = tenant.id if isinstance(tenant, TenantRef) else None
    arguments = {name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()}
    after_commit(session, lambda: _send(spec, tenant_id, arguments, once, delay), once=once and (spec.name, once))


def _send(spec: JobSpec, tenant_id: UUID | None, arguments: dict[str, Any], once: str | None, delay: int) -> None:
    if _queues is None:
        return
    try:
        if once and tenant_id:
            _queues.send_once(spec, tenant_id, once, delay=delay)
        else:
            _queues.send(spec, tenant_id, arguments)
    except Unavailable:
        log.warning("job not sent, queues unavailable", extra={"job": spec.name, "tenant": str(tenant_id)})
