"""Whose data a transaction may touch."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TenantRef:
    """All that is needed to open a session for one tenant. `schema` and `role` follow from the id."""

    id: UUID
    slug: str
    cell: str

    @property
    def schema(self) -> str:
        return f"t_{self.id.hex}"

    @property
    def role(self) -> str:
        return self.schema


@dataclass(frozen=True, slots=True)
class Scope:
    """The role and search_path of a transaction."""

    role: str
    path: str


CONTROL = Scope(role="rapport_control", path="control")

_current: ContextVar[TenantRef | None] = ContextVar("rapport_tenant", default=None)


class TenantScopeError(RuntimeError):
    """A tenant was opened inside another, or a session was used outside its tenant. A bug, never input."""


def current_tenant() -> TenantRef:
    """The tenant whose session is open here. Raises TenantScopeError when there is none."""
    tenant = _current.get()
    if tenant is None:
        raise TenantScopeError("no tenant session is open here")
    return tenant


@contextmanager
def entered(tenant: TenantRef) -> Iterator[None]:
    """Marks this thread of work as the tenant's. Opening one tenant inside another is an error."""
    other = _current.get()
    if other is not None:
        raise TenantScopeError(f"tenant {tenant.id} opened inside tenant {other.id}")
    mark = _current.set(tenant)
    try:
        yield
    finally:
        _current.reset(mark)
