"""What the measures work on: tenants, and surveys that are published in them. Kept between runs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.services import Services
from surveys import publishing, surveys
from surveys.models import Survey
from tenants import provisioning
from tenants.models import Tenant

TEMPLATE = "after_purchase"
AT_ONCE = 4
"""Threads that make them: PostgreSQL does most of the work, and a thousand take minutes."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """One published survey."""

    tenant: TenantRef
    survey: UUID
    version: UUID
    address: str


def tenants(services: Services, count: int) -> list[TenantRef]:
    """So many tenants, made where they are missing: `b0000`, `b0001`, …"""
    with services.db.control_session() as session:
        rows = session.execute(select(Tenant.id, Tenant.slug, Tenant.cell).where(Tenant.state == "active")).all()
    known = {row.slug: TenantRef(row.id, row.slug, row.cell) for row in rows}
    slugs = [f"b{number:04}" for number in range(count)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        made = threads.map(lambda slug: _make(services, slug), [slug for slug in slugs if slug not in known])
        known |= {tenant.slug: tenant for tenant in made}
    return [known[slug] for slug in slugs]


def _make(services: Services, slug: str) -> TenantRef:
    provisioning.make_spare(services.db, services.keys, "default")
    return provisioning.open_tenant(services.db, slug, f"Bench {slug}", actor="bench", prepare=lambda session: None)


def published(services: Services, owners: list[TenantRef], each: int) -> list[Seeded]:
    """So many published surveys in each tenant, tenant by tenant in turn."""
    wanted = [(tenant, f"bench-{number}") for number in range(each) for tenant in owners]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda one: _survey(services, *one, TEMPLATE), wanted))


def survey_named(session: Session, name: str) -> Survey | None:
    """The survey of that name, if it was made before."""
    return session.scalar(select(Survey).where(Survey.name == name))


def _survey(services: Services, tenant: TenantRef, name: str, template: str) -> Seeded:
    with services.db.tenant_session(tenant) as session:
        survey = survey_named(session, name)
        if survey is None:
            survey = surveys.create_from_template(session, template, zone="Europe/Vienna", name=name)
        if survey.live_version_id is None:
            publishing.publish(session, survey)
        version = survey.live_version_id
        if version is None:
            raise RuntimeError("a published survey has a live version")
        return Seeded(tenant, survey.id, version, survey.address)
