"""Settings, migrations and cells."""

import sys
from uuid import UUID

import click
from sqlalchemy import func, select

from infra.crypto import store as key_tables
from infra.settings import shown
from tenants import migrations, provisioning
from tenants.models import Cell, Tenant
from web.cli import common
from web.cli.common import main, services


@main.command()
def settings() -> None:
    """Lists every setting with its value; secrets are hidden."""
    for name, value in shown(common.settings()):
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


@main.command()
def cells() -> None:
    """Each cell with how many tenants it holds and may hold."""
    counted = select(func.count()).where(Tenant.cell == Cell.name, Tenant.state != "closed").scalar_subquery()
    with services() as parts, parts.db.control_session() as session:
        for name, is_open, capacity, count in session.execute(
            select(Cell.name, Cell.open, Cell.capacity, counted).order_by(Cell.name)
        ):
            click.echo(f"{name:<12} {count}/{capacity} tenants, {'open' if is_open else 'closed to new ones'}")
