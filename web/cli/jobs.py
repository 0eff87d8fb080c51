"""What failed for good, and what is due."""

from uuid import UUID

import click

from tenants import due, failures
from tenants import jobs as tenant_jobs
from web.cli.common import main, services


@main.group()
def jobs() -> None:
    """What failed for good, and retrying it."""


@jobs.command("failed")
def failed_jobs() -> None:
    """Jobs and event deliveries that failed for good, with their reason."""
    with services() as parts:
        with parts.db.control_session() as session:
            for job in failures.list_failed(session):
                click.echo(
                    f"{job.id}  {job.failed_at:%Y-%m-%d %H:%M}  {job.job}  {job.reason}  tenant {job.tenant_id}"
                )
        for tenant in tenant_jobs.refs(parts.db):
            with parts.db.tenant_session(tenant) as session:
                for delivery in failures.list_failed_deliveries(session):
                    click.echo(f"{delivery.event_id}  {delivery.reaction}  {delivery.reason}  tenant {tenant.slug}")


@jobs.command()
@click.argument("job_id", type=click.UUID)
def retry(job_id: UUID) -> None:
    """Sends a failed job again, or puts an event's failed deliveries back."""
    with services() as parts:
        if failures.retry_deliveries(parts, job_id):
            click.echo("put back")
            return
        with parts.db.control_session() as session:
            failures.retry(session, parts.queues, job_id)
    click.echo("sent again")


@main.command("due")
def show_due() -> None:
    """How many tenants have something due, and since when."""
    with services() as parts:
        click.echo(due.summary(parts.db))
