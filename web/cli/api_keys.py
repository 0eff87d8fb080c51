"""Makes, lists, rotates and revokes API keys."""

from datetime import datetime, timedelta
from uuid import UUID

import click

from infra import clock
from tenants import api_keys as keys
from tenants.models.access import PER_MINUTE
from tenants.permissions import SCOPES, SYSTEM
from web.cli.common import active_tenant, main, services

DAYS = click.IntRange(1, keys.LONGEST_LIFE.days)


@main.group("api-keys")
def key_group() -> None:
    """Makes, lists, rotates and revokes API keys."""


@key_group.command("create")
@click.argument("slug")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="All of them when left out.")
@click.option("--days", type=DAYS, default=keys.LIFETIME.days, show_default=True, help="How long it lives.")
@click.option("--no-expiry", is_flag=True, help="It opens until it is revoked, whatever --days says.")
@click.option(
    "--per-minute",
    type=click.IntRange(keys.FEWEST, keys.MOST),
    default=PER_MINUTE,
    show_default=True,
    help="Requests that it may send in a minute.",
)
def create_api_key(
    slug: str, name: str, scopes: tuple[str, ...], days: int, no_expiry: bool, per_minute: int
) -> None:
    """Makes an API key of a tenant and shows it, this once."""
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        _, secret = keys.create(
            session,
            name=name,
            scopes=scopes or SCOPES,
            by=SYSTEM,
            expires_at=None if no_expiry else clock.now() + timedelta(days=days),
            requests_per_minute=per_minute,
        )
    click.echo(secret)


@key_group.command("list")
@click.argument("slug")
def list_api_keys(slug: str) -> None:
    """Every key of a tenant that is not revoked: id, beginning, end, last use and name."""
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        for key in keys.list_all(session):
            if key.revoked_at is None:
                used, ends = _day(key.last_used_at, "never used"), _day(key.expires_at, "no expiry")
                click.echo(f"{key.id}  {key.hint}…  {ends:<10}  {used:<10}  {key.name}")


@key_group.command("rotate")
@click.argument("slug")
@click.argument("key_id", type=click.UUID)
@click.option("--days", type=DAYS, default=keys.LIFETIME.days, show_default=True, help="How long it lives then.")
@click.option("--overlap", type=click.IntRange(0, keys.LONGEST_OVERLAP.days * 24), default=24, show_default=True)
def rotate_api_key(slug: str, key_id: UUID, days: int, overlap: int) -> None:
    """Makes a new secret and shows it; the old one opens for --overlap hours longer."""
    until = clock.now() + timedelta(days=days)
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        key = keys.get(session, key_id)
        secret = keys.rotate(session, key, overlap=timedelta(hours=overlap), by=SYSTEM, expires_at=until)
    click.echo(secret)


@key_group.command("revoke")
@click.argument("slug")
@click.argument("key_id", type=click.UUID)
def revoke_api_key(slug: str, key_id: UUID) -> None:
    """Revokes a key for good."""
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        keys.revoke(session, keys.get(session, key_id), by=SYSTEM)
    click.echo("revoked")


def _day(moment: datetime | None, otherwise: str) -> str:
    return f"{moment:%Y-%m-%d}" if moment else otherwise
