"""What every group of commands uses: the root command, the parts, and the tenant that a slug names."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
import psycopg
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from infra.db import TenantRef
from infra.errors import RapportError
from infra.services import Services
from infra.settings import Settings, SettingsError, load
from tenants import jobs as tenant_jobs
from tenants.models import Tenant

ACTOR = "command line"


@click.group()
def main() -> None:
    """Rapport: customer feedback and loyalty."""


@contextmanager
def services() -> Iterator[Services]:
    """The parts, given back at the end of the command; what can be foreseen becomes one sentence."""
    started = Services.start(settings())
    try:
        yield started
    except RapportError as problem:
        raise click.ClickException(str(problem)) from problem
    except (OperationalError, psycopg.OperationalError) as problem:
        reason = str(getattr(problem, "orig", problem)).partition("\n")[0]
        raise click.ClickException(f"PostgreSQL does not serve us; is it running? It says: {reason}") from problem
    finally:
        started.stop()


def settings() -> Settings:
    """The settings of this process; one that cannot be read is a sentence."""
    try:
        return load()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem


def become(module: str, *options: str) -> None:
    """Replaces this process: composition roots stand above `web` and are not imported from it."""
    os.execv(sys.executable, [sys.executable, "-m", module, *options])


def tenant_id(parts: Services, slug: str) -> UUID:
    """The tenant of a slug, whatever its state."""
    with parts.db.control_session() as session:
        found = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    if found is None:
        raise click.ClickException(f"No tenant has the slug {slug}. `rapport tenants list` shows them all.")
    return found


def active_tenant(parts: Services, slug: str) -> TenantRef:
    """Where an active tenant lives."""
    tenant = tenant_jobs.find_ref(parts.db, tenant_id(parts, slug))
    if tenant is None:
        raise click.ClickException(f"{slug} is not active.")
    return tenant
