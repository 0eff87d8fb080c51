"""Makes API keys."""

from datetime import timedelta

import click

from infra import clock
from tenants import api_keys as keys
from tenants.permissions import SCOPES, SYSTEM
from web.cli.common import active_tenant, main, services


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
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        _, token = keys.create(session, name=name, scopes=scopes or SCOPES, by=SYSTEM, expires_at=expires_at)
    click.echo(token)
