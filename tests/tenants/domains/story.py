"""What the tests of domains share: a workspace with claims, in a real DNS, and who is served."""

from collections.abc import Callable
from contextvars import Context
from typing import Any
from uuid import UUID

from sqlalchemy import select

from infra import dns
from infra.db import TenantRef
from infra.services import Services
from tenants import directory
from tenants.domains import claims, records
from tenants.domains.checking import Checker
from tenants.models import AuditEntry, Domain, Routing
from tenants.permissions import SYSTEM
from tests.support.nameserver import Nameserver

TARGET = "edge.rapport.test"


class Workspace:
    """A tenant as the tests tell of it: every verb is committed."""

    def __init__(self, house: Services, tenant: TenantRef, server: Nameserver) -> None:
        self.house, self.tenant, self.server = house, tenant, server

    def do(self, verb: Callable[..., Any], *rest: Any, **named: Any) -> Any:
        def run() -> Any:
            with self.house.db.tenant_session(self.tenant) as session:
                return verb(session, *rest, **named)

        return Context().run(run)

    def add(self, host: str) -> Domain:
        found: Domain = self.do(claims.add, self.house.settings, host=host, by=SYSTEM)
        return found

    def read(self, domain: Domain) -> Domain:
        found: Domain = self.do(claims.get, domain.id)
        return found

    def check(self, domain: Domain) -> Domain:
        Context().run(self.checker().check, domain.id)
        return self.read(domain)

    def checker(self, resolver: dns.Resolver | None = None) -> Checker:
        found = resolver or dns.resolver(self.house.settings)
        return Checker(
            lambda: self.house.db.tenant_session(self.tenant),
            self.house.db,
            self.house.settings,
            found,
            self.tenant,
        )

    def prove(self, *domains: Domain) -> None:
        """Sets the records of these claims, all to the same host, and takes away those of others."""
        host = domains[0].host
        self.server.set_text(f"_rapport-challenge.{host}", *(records.proof(each.token) for each in domains))
        self.server.set(host, "CNAME", TARGET + ".")

    def live(self, host: str) -> Domain:
        domain = self.add(host)
        self.prove(domain)
        return self.check(domain)

    def audited(self) -> list[str]:
        query = select(AuditEntry.action).where(AuditEntry.action.like("domain.%")).order_by(AuditEntry.id)
        return list(self.do(lambda session: session.scalars(query).all()))


def served(house: Services, host: str) -> UUID | None:
    """Whose requests to the host are answered, as a process that knows nothing yet finds out."""
    found = directory.Directory(house.db, house.settings).find(host)
    return found.ref.id if found else None


def generation(house: Services) -> int:
    with house.db.control_session() as session:
        return session.scalar(select(Routing.generation)) or 0


def make_main(session: Any, domain_id: UUID) -> None:
    claims.make_main(session, claims.get(session, domain_id), by=SYSTEM)


def give_up(session: Any, domain_id: UUID) -> None:
    claims.remove(session, claims.get(session, domain_id), by=SYSTEM)


def main_host(house: Services, tenant: TenantRef) -> str | None:
    found = directory.Directory(house.db, house.settings).find_by_id(tenant.id)
    return found.main_host if found else None
