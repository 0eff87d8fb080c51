"""The record of who did what: is it what was sealed?"""

import sys

import click

from infra.db import TenantRef
from infra.services import Services
from tenants import audit
from tenants import jobs as tenant_jobs
from tenants.audit import jobs as sealer
from tenants.audit.verification import Finding, Report
from tenants.permissions import SYSTEM
from web.cli.common import active_tenant, main, services

SAID = {
    "changed": "entry {entry} was changed (seal {seal})",
    "removed": "entry {entry} was removed (seal {seal})",
    "inserted": "entry {entry} was inserted (seal {seal})",
    "reordered": "entry {entry} was moved (seal {seal})",
    "seal_changed": "seal {seal} was changed",
    "seal_missing": "seal {seal} is missing",
    "truncated": "the end was cut off: seal {seal} was anchored and is not there",
    "anchor_differs": "seal {seal} is not the one that was anchored",
    "anchor_missing": "the anchor is missing in the control plane",
    "anchor_forged": "the anchor in the control plane was not made by this installation",
}


@main.group("audit")
def audit_group() -> None:
    """The audit log."""


@audit_group.command()
@click.option("--tenant", "slugs", multiple=True, help="Only these tenants, by slug.")
def verify(slugs: tuple[str, ...]) -> None:
    """Computes every chain anew and names the first entry that is not what was sealed; then the exit code is 1."""
    wrong = 0
    with services() as parts:
        for tenant in _wanted(parts, slugs):
            report = sealer.check(parts.db, parts.keys, tenant)
            wrong += report.finding is not None
            click.echo(f"{tenant.slug}: {_told(report)}")
    if wrong:
        click.echo(f"{wrong} audit {'log is' if wrong == 1 else 'logs are'} not what was sealed.", err=True)
        sys.exit(1)


@audit_group.command()
@click.argument("slug")
@click.option("--confirm", prompt="After this, what is there now counts as sealed. Type the slug to go on")
def anchor(slug: str, confirm: str) -> None:
    """Sets a tenant's anchor on the chain as it is: after a restore, when what was lost is known."""
    if confirm != slug:
        raise click.ClickException("The slug does not match. Nothing was changed.")
    with services() as parts:
        tenant = active_tenant(parts, slug)
        with parts.db.tenant_session(tenant) as session:
            audit.record(session, "audit.anchored_anew", by=SYSTEM)
        sealer.seal_all(parts.db, tenant)
        sealer.anchor(parts.db, parts.keys, tenant, anew=True)
    click.echo(f"{slug} is anchored anew")


def _wanted(parts: Services, slugs: tuple[str, ...]) -> list[TenantRef]:
    return [active_tenant(parts, slug) for slug in slugs] or tenant_jobs.refs(parts.db)


def _told(report: Report) -> str:
    if report.finding is None:
        waiting = f", {report.waiting} not sealed yet" if report.waiting else ""
        return f"{report.entries} entries in {report.seals} seals, all as sealed{waiting}"
    return _named(report.finding)


def _named(finding: Finding) -> str:
    return SAID[finding.problem].format(entry=finding.entry, seal=finding.seal or "none yet")
