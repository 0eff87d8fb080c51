"""Help for somebody who cannot get in: what no page may do, because nobody above them is there to do it."""

import click

from tenants import second_factor, staff
from tenants.permissions import SYSTEM
from web.cli.common import active_tenant, main, services


@main.group("staff")
def staff_group() -> None:
    """Helps staff of a tenant who cannot get in."""


@staff_group.command("reset-second-factor")
@click.argument("slug")
@click.argument("email")
def reset_second_factor(slug: str, email: str) -> None:
    """Takes the second factor from somebody whose phone and recovery codes are gone, also from an owner.

    Make sure who asks. They are signed out everywhere, told by mail, and it stands in the tenant's audit log.
    """
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        member = staff.find_by_email(session, email)
        if member is None:
            raise click.ClickException("Nobody with this address works there.")
        if second_factor.find(session, member) is None:
            raise click.ClickException("There is no second factor to reset.")
        second_factor.reset(session, member, by=SYSTEM)
    click.echo("reset")
