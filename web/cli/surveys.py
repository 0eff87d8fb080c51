"""The figures of surveys."""

import click
from sqlalchemy import select

from surveys import rollups
from surveys.models import Survey
from web.cli.common import active_tenant, main, services


@main.command("recount")
@click.argument("slug")
@click.option("--repair", is_flag=True, help="Count surveys anew whose figures differ.")
def recount_surveys(slug: str, repair: bool) -> None:
    """Compares every figure of a tenant's surveys with a count of all its answers."""
    differing = 0
    with services() as parts, parts.db.tenant_session(active_tenant(parts, slug)) as session:
        for survey in session.scalars(select(Survey).order_by(Survey.id)):
            found = rollups.verify(session, survey)
            differing += bool(found)
            click.echo(f"{survey.id}  {f'{len(found)} figures differ' if found else 'exact'}")
            if found and repair:
                rollups.rebuild(session, survey)
    if differing and not repair:
        raise click.ClickException("Some figures differ. `--repair` counts them anew.")
