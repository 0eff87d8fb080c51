"""The keys that protect personal data."""

import click

from web.cli.common import main, services


@main.group("keys")
def keys_group() -> None:
    """The keys that protect personal data."""


@keys_group.command()
def rewrap() -> None:
    """Wraps every tenant's key anew after the master key was changed. Can be run again after a failure."""
    with services() as parts:
        for cell in parts.db.addresses:
            click.echo(f"{cell}: {parts.keys.rewrap(cell)} keys wrapped anew")
