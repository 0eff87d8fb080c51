"""Opens, lists, suspends, moves and closes tenants."""

import click
from sqlalchemy import select

from tenants import moving, provisioning, slugs
from tenants.models import Tenant
from tenants.operators import telling
from web.cli.common import ACTOR, main, services, tenant_id

CAUSE = click.Choice(list(telling.CAUSES))


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
@click.option("--reason", help="For operators only.")
@click.option("--cause", type=CAUSE, default="other", show_default=True, help="Stands in the tenant's audit log.")
def suspend(slug: str, reason: str | None, cause: str) -> None:
    """Stops serving a tenant; nothing is deleted."""
    with services() as parts:
        provisioning.suspend(parts.db, tenant_id(parts, slug), actor=ACTOR, reason=reason, cause=cause)
    click.echo(f"{slug} is suspended")


@tenants.command()
@click.argument("slug")
@click.option("--cause", type=CAUSE, default="other", show_default=True, help="Stands in the tenant's audit log.")
def reopen(slug: str, cause: str) -> None:
    """Serves a suspended tenant again."""
    with services() as parts:
        provisioning.reopen(parts.db, tenant_id(parts, slug), actor=ACTOR, cause=cause)
    click.echo(f"{slug} is active")


@tenants.command()
@click.argument("slug")
@click.option("--confirm", prompt="This deletes all data of the tenant for good. Type its slug to go on")
def close(slug: str, confirm: str) -> None:
    """Deletes a tenant: its schema is dropped and its key destroyed."""
    if confirm != slug:
        raise click.ClickException("The slug does not match. Nothing was deleted.")
    with services() as parts:
        provisioning.close(parts.db, parts.keys, parts.storage, tenant_id(parts, slug), actor=ACTOR)
    click.echo(f"{slug} is closed")


@tenants.command()
@click.argument("slug")
@click.argument("cell")
def move(slug: str, cell: str) -> None:
    """Moves a tenant to another cell. It answers 503 meanwhile; can be run again after a failure."""
    with services() as parts:
        rows = moving.move(parts.db, parts.keys, tenant_id(parts, slug), cell, actor=ACTOR)
    click.echo(f"{slug} is in {cell}, {rows} rows moved")
