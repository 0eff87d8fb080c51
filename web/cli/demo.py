"""The demo tenant."""

import click

from infra import links
from web.cli.common import main, services
from web.demo import people, writer


@main.command()
def demo() -> None:
    """Makes the demo tenant with a year of its story. Can be run again; what is there stays."""
    with services() as parts:
        written = writer.write(parts)
        console = links.tenant_url(parts.settings, written.tenant.slug, "console")
    click.echo(f"{writer.NAME}: {console}")
    for colleague in people.COLLEAGUES:
        click.echo(f"  {colleague.role:<8} {colleague.email:<22} {people.PASSWORD}")
