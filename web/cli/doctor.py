"""`rapport doctor`: what this installation stands on, and what to do where it does not stand."""

import sys

import click

from infra.errors import RapportError
from infra.services import Services
from tenants.doctor import CHECKS, examine
from web.cli import common
from web.cli.common import main

MARKS = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "problem": ("BAD", "red")}


@main.command()
@click.option("--deadline", default=15.0, show_default=True, help="Seconds for all checks together.")
def doctor(deadline: float) -> None:
    """Checks settings, connections, migrations, keys, clock, disk and DNS. Ends with 1 when something is wrong."""
    try:
        parts = Services.start(common.settings())
    except RapportError as problem:
        raise click.ClickException(
            f"{problem} Nothing can start like this, so nothing else was checked."
        ) from problem
    try:
        findings = examine(parts, CHECKS, deadline=deadline)
    finally:
        parts.stop()
    for finding in findings:
        word, colour = MARKS[finding.level]
        click.echo(f"{click.style(f'{word:<5}', fg=colour)} {finding.part:<18} {finding.text}")
        if finding.advice:
            click.echo(f"      {'':<18} {finding.advice}")
    wrong = sum(finding.level == "problem" for finding in findings)
    odd = sum(finding.level == "warning" for finding in findings)
    click.echo(f"\n{wrong} to mend, {odd} to look at, {len(findings) - wrong - odd} in order.")
    sys.stdout.flush()
    if wrong:
        sys.exit(1)
