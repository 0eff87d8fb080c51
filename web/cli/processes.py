"""The other processes, started under the same command."""

import click

from web.cli.common import become, main


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1)
def worker(options: tuple[str, ...]) -> None:
    """Works the queues until SIGTERM."""
    become("worker", *options)


@main.command()
def schedule() -> None:
    """Sends what is due by the clock until SIGTERM."""
    become("schedule")
