"""Which tenant a host name belongs to, and where a tenant lives.

Look-ups are cached in the process. One counter, `control.routing`, grows with each change; a process reads it at
most once a second, so a change is seen everywhere within two seconds without a round trip per request.
"""

import logging
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, aliased

from infra.db import Databases, TenantRef
from infra.hostnames import within
from infra.settings import Settings
from tenants.models import Host, Routing, Tenant

log = logging.getLogger(__name__)

CHECK_EVERY = 1.0
"""Seconds between two looks at the generation."""
MOST_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A tenant as routing sees it."""

    ref: TenantRef
    name: str
    state: str
    main_host: str | None = None
    """The domain of its own that the workspace wants to be known by, while it leads here."""


class Directory:
    """The cached look-up of one process."""

    def __init__(self, databases: Databases, settings: Settings) -> None:
        self._databases = databases
        self.base_host = (urlsplit(settings.base_url).hostname or "localhost").lower()
        self._by_host: dict[str, Tenancy | None] = {}
        self._by_id: dict[UUID, Tenancy | None] = {}
        self._generation = -1
        self._checked = float("-inf")
        self._lock = Lock()

    def is_platform(self, host: str) -> bool:
        """Whether the host is the platform's own."""
        return bare_host(host) == self.base_host

    def is_subdomain(self, host: str) -> bool:
        """Whether the host is one of the platform's own names for tenants."""
        return host.endswith("." + self.base_host)

    def find(self, host: str) -> Tenancy | None:
        """The tenant of a Host header, also a suspended one; None when no tenant answers there."""
        name = bare_host(host)
        self._refresh()
        if name in self._by_host:
            return self._by_host[name]
        generation = self._generation
        with self._databases.control_session() as session:
            found = _tenancy(session, self._query(name))
        return self._remember(self._by_host, name, found, generation)

    def is_foreign(self, host: str) -> bool:
        """Whether the host is not the platform's nor below it: a tenant's own domain, if it is served at all."""
        return not within(bare_host(host), self.base_host)

    def is_cached(self, host: str) -> bool:
        """Whether `find` would answer without asking the control plane."""
        self._refresh()
        return bare_host(host) in self._by_host

    def find_by_id(self, tenant_id: UUID) -> Tenancy | None:
        """The tenant with this id, if it is active or suspended."""
        self._refresh()
        if tenant_id in self._by_id:
            return self._by_id[tenant_id]
        generation = self._generation
        with self._databases.control_session() as session:
            found = _tenancy(session, _served().where(Tenant.id == tenant_id))
        return self._remember(self._by_id, tenant_id, found, generation)

    def name_of(self, tenant_id: UUID) -> str:
        """What the business of a tenant calls itself; "" where none is served under this id."""
        found = self.find_by_id(tenant_id)
        return found.name if found else ""

    def _query(self, host: str) -> Select[Any]:
        suffix = "." + self.base_host
        if host.endswith(suffix):
            return _served().where(Tenant.slug == host.removesuffix(suffix))
        return _served().join(Host).where(Host.host == host, Host.verified_at.is_not(None))

    def _remember(
        self, cache: dict[Any, Tenancy | None], key: object, found: Tenancy | None, generation: int
    ) -> Tenancy | None:
        """Keeps what was found, unless something changed while it was read."""
        with self._lock:
            if generation == self._generation:
                if len(cache) >= MOST_CACHED:
                    cache.clear()
                cache[key] = found
        return found

    def _refresh(self) -> None:
        moment = time.monotonic()
        if moment - self._checked < CHECK_EVERY:
            return
        with self._lock:
            if moment - self._checked < CHECK_EVERY:
                return
            generation = self._read_generation()
            if generation is not None and generation != self._generation:
                self._by_host.clear()
                self._by_id.clear()
                self._generation = generation
            self._checked = moment

    def _read_generation(self) -> int | None:
        """None while the control plane is away: what is known then keeps being served."""
        try:
            with self._databases.control_session() as session:
                return session.scalar(select(Routing.generation)) or 0
        except (OperationalError, PoolTimeout):
            log.warning("the control plane does not answer; tenants are served as they were known")
            return None


def bump(session: Session) -> None:
    """Tells every process that tenants or hosts have changed. Call it in the transaction of the change."""
    session.execute(update(Routing).values(generation=Routing.generation + 1))


def bare_host(host: str) -> str:
    """A Host header without port and case."""
    return host.rsplit(":", 1)[0].lower().rstrip(".") if not host.startswith("[") else host.lower()


def _served() -> Select[Any]:
    domain = aliased(Host)
    main = (
        select(domain.host)
        .where(domain.tenant_id == Tenant.id, domain.main, domain.verified_at.is_not(None))
        .scalar_subquery()
    )
    return cast(
        Select[Any],
        select(Tenant.id, Tenant.slug, Tenant.cell, Tenant.name, Tenant.state, main.label("main")).where(
            Tenant.state.in_(["active", "suspended"])
        ),
    )


def _tenancy(session: Session, query: Select[Any]) -> Tenancy | None:
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return Tenancy(TenantRef(row.id, row.slug, row.cell), row.name, row.state, row.main)
