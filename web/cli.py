"""The `rapport` command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import click
import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from infra import clock, links
from infra.crypto import store as key_tables
from infra.errors import RapportError
from infra.services import Services
from infra.settings import Settings, SettingsError, load, shown
from surveys import rollups
from surveys.models import Survey
from tenants import api_keys as keys
from tenants import due, failures, migrations, moving, provisioning, slugs
from tenants import jobs as tenant_jobs
from tenants.models import Cell, Tenant
from tenants.permissions import SCOPES, SYSTEM
from web.demo import people, writer

ACTOR = "command line"


@contextmanager
def services() -> Iterator[Services]:
    """The parts, given back at the end of the command; what can be foreseen becomes one sentence."""
    started = Services.start(_settings())
    try:
        yield started
    except RapportError as problem:
        raise click.ClickException(str(problem)) from problem
    except (OperationalError, psycopg.OperationalError) as problem:
        reason = str(getattr(problem, "orig", problem)).partition("\n")[0]
        raise click.ClickException(f"PostgreSQL does not serve us; is it running? It says: {reason}") from problem
    finally:
        started.stop()


@click.group()
def main() -> None:
    """Rapport: customer feedback and loyalty."""


@main.command()
def settings() -> None:
    """Lists every setting with its value; secrets are hidden."""
    for name, value in shown(_settings()):
        click.echo(f"{name}={value}")


@main.command()
@click.option("--tenant", "only", type=click.UUID, multiple=True, help="Only these tenants.")
def migrate(only: tuple[UUID, ...]) -> None:
    """Brings the control plane and every tenant up to date. Can be run again after a failure."""
    with services() as parts:
        changed = migrations.migrate_control(parts.db, migrations.CONTROL)
        provisioning.ensure_cells(parts.db)
        for cell in ("control", *parts.db.addresses):
            key_tables.create_tables(parts.db.engine(cell, "keys"))
        report = migrations.migrate_tenants(parts.db, migrations.TENANT, only or None)
        made = provisioning.fill_spares(parts.db, parts.keys, parts.settings.spare_tenants)
    click.echo(f"control plane: {'migrated' if changed else 'up to date'}")
    click.echo(f"tenants: {len(report.migrated)} migrated, {len(report.unchanged)} up to date, {made} spares made")
    for tenant_id, problem in report.failed.items():
        click.echo(f"tenant {tenant_id} failed: {problem}", err=True)
    if report.failed:
        sys.exit(1)


@main.group()
def tenants() -> None:
    """Opens, lists, suspends and closes tenants."""


@tenants.command("create")
@click.argument("slug")
@click.argument("name")
def create_tenant(slug: str, name: str) -> None:
    """Opens a tenant without an owner; invite one from the console or sign up on the platform instead."""
    problem = slugs.unfit(slug) or (None if name.strip() and name.isprintable() else "A tenant needs a name.")
    if problem:
        raise click.ClickException(problem)
    with services() as parts:
        provisioning.fill_spares(parts.db, parts.keys, 1)  # also where no worker does
        tenant = provisioning.open_tenant(parts.db, slug, name, actor=ACTOR, prepare=lambda session: None)
    click.echo(f"{tenant.id} {slug}")


@tenants.command("list")
def list_tenants() -> None:
    """Every tenant with its state, cell and revision."""
    with services() as parts, parts.db.control_session() as session:
        for row in session.scalars(select(Tenant).where(Tenant.slug.is_not(None)).order_by(Tenant.id)):
            problem = f"  {row.migration_problem}" if row.migration_problem else ""
            click.echo(f"{row.id}  {row.state:<10} {row.cell:<10} {row.revision}  {row.slug}  {row.name}{problem}")


@tenants.command()
@click.argument("slug")
@click.option("--reason")
def suspend(slug: str, reason: str | None) -> None:
    """Stops serving a tenant; nothing is deleted."""
    with services() as parts:
        provisioning.suspend(parts.db, _tenant_id(parts, slug), actor=ACTOR, reason=reason)
    click.echo(f"{slug} is suspended")


@tenants.command()
@click.argument("slug")
def reopen(slug: str) -> None:
    """Serves a suspended tenant again."""
    with services() as parts:
        provisioning.reopen(parts.db, _tenant_id(parts, slug), actor=ACTOR)
    click.echo(f"{slug} is active")


@tenants.command()
@click.argument("slug")
@click.option("--confirm", prompt="This deletes all data of the tenant for good. Type its slug to go on")
def close(slug: str, confirm: str) -> None:
    """Deletes a tenant: its schema is dropped and its key destroyed."""
    if confirm != slug:
        raise click.ClickException("The slug does not match. Nothing was deleted.")
    with services() as parts:
        provisioning.close(parts.db, parts.keys, parts.storage, _tenant_id(parts, slug), actor=ACTOR)
    click.echo(f"{slug} is closed")


@tenants.command()
@click.argument("slug")
@click.argument("cell")
def move(slug: str, cell: str) -> None:
    """Moves a tenant to another cell. It answers 503 meanwhile; can be run again after a failure."""
    with services() as parts:
        rows = moving.move(parts.db, parts.keys, _tenant_id(parts, slug), cell, actor=ACTOR)
    click.echo(f"{slug} is in {cell}, {rows} rows moved")


@main.group("api-keys")
def key_group() -> None:
    """Makes API keys."""


@key_group.command("create")
@click.argument("slug")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="All of them when left out.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it opens anything; without end when left out.")
def create_api_key(slug: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Makes an API key of a tenant and shows it, this once."""
    expires_at = clock.now() + timedelta(days=days) if days else None
    with services() as parts:
        tenant = tenant_jobs.find_ref(parts.db, _tenant_id(parts, slug))
        if tenant is None:
            raise click.ClickException(f"{slug} is not active.")
        with parts.db.tenant_session(tenant) as session:
            _, token = keys.create(session, name=name, scopes=scopes or SCOPES, by=SYSTEM, expires_at=expires_at)
    click.echo(token)


@main.command()
def cells() -> None:
    """Each cell with how many tenants it holds and may hold."""
    counted = select(func.count()).where(Tenant.cell == Cell.name, Tenant.state != "closed").scalar_subquery()
    with services() as parts, parts.db.control_session() as session:
        for name, is_open, capacity, count in session.execute(
            select(Cell.name, Cell.open, Cell.capacity, counted).order_by(Cell.name)
        ):
            click.echo(f"{name:<12} {count}/{capacity} tenants, {'open' if is_open else 'closed to new ones'}")


@main.group()
def jobs() -> None:
    """What failed for good, and retrying it."""


@jobs.command("failed")
def failed_jobs() -> None:
    """Jobs and event deliveries that failed for good, with their reason."""
    with services() as parts:
        with parts.db.control_session() as session:
            for job in failures.list_failed(session):
                click.echo(
                    f"{job.id}  {job.failed_at:%Y-%m-%d %H:%M}  {job.job}  {job.reason}  tenant {job.tenant_id}"
                )
        for tenant in tenant_jobs.refs(parts.db):
            with parts.db.tenant_session(tenant) as session:
                for delivery in failures.list_failed_deliveries(session):
                    click.echo(f"{delivery.event_id}  {delivery.reaction}  {delivery.reason}  tenant {tenant.slug}")


@jobs.command()
@click.argument("job_id", type=click.UUID)
def retry(job_id: UUID) -> None:
    """Sends a failed job again, or puts an event's failed deliveries back."""
    with services() as parts:
        if failures.retry_deliveries(parts, job_id):
            click.echo("put back")
            return
        with parts.db.control_session() as session:
            failures.retry(session, parts.queues, job_id)
    click.echo("sent again")


@main.group("keys")
def keys_group() -> None:
    """The keys that protect personal data."""


@keys_group.command()
def rewrap() -> None:
    """Wraps every tenant's key anew after the master key was changed. Can be run again after a failure."""
    with services() as parts:
        for cell in parts.db.addresses:
            click.echo(f"{cell}: {parts.keys.rewrap(cell)} keys wrapped anew")


@main.command("recount")
@click.argument("slug")
@click.option("--repair", is_flag=True, help="Count surveys anew whose figures differ.")
def recount_surveys(slug: str, repair: bool) -> None:
    """Compares every figure of a tenant's surveys with a count of all its answers."""
    differing = 0
    with services() as parts:
        tenant = tenant_jobs.find_ref(parts.db, _tenant_id(parts, slug))
        if tenant is None:
            raise click.ClickException(f"{slug} is not active.")
        with parts.db.tenant_session(tenant) as session:
            for survey in session.scalars(select(Survey).order_by(Survey.id)):
                found = rollups.verify(session, survey)
                differing += bool(found)
                click.echo(f"{survey.id}  {f'{len(found)} figures differ' if found else 'exact'}")
                if found and repair:
                    rollups.rebuild(session, survey)
    if differing and not repair:
        raise click.ClickException("Some figures differ. `--repair` counts them anew.")


@main.command("due")
def show_due() -> None:
    """How many tenants have something due, and since when."""
    with services() as parts:
        click.echo(due.summary(parts.db))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1)
def worker(options: tuple[str, ...]) -> None:
    """Works the queues until SIGTERM."""
    _become("worker", *options)


@main.command()
def schedule() -> None:
    """Sends what is due by the clock until SIGTERM."""
    _become("schedule")


@main.command()
def demo() -> None:
    """Makes the demo tenant with a year of its story. Can be run again; what is there stays."""
    with services() as parts:
        written = writer.write(parts)
        console = links.tenant_url(parts.settings, written.tenant.slug, "console")
    click.echo(f"{writer.NAME}: {console}")
    for colleague in people.COLLEAGUES:
        click.echo(f"  {colleague.role:<8} {colleague.email:<22} {people.PASSWORD}")


def _settings() -> Settings:
    try:
        return load()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem


def _become(module: str, *options: str) -> None:
    """Replaces this process: composition roots stand above `web` and are not imported from it."""
    os.execv(sys.executable, [sys.executable, "-m", module, *options])


def _tenant_id(parts: Services, slug: str) -> UUID:
    with parts.db.control_session() as session:
        found = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    if found is None:
        raise click.ClickException(f"No tenant has the slug {slug}. `rapport tenants list` shows them all.")
    return found


if __name__ == "__main__":
    main()
