"""How the workspace's own machinery stands: mails and events on their way, and what failed. Numbers only."""

from flask import render_template
from sqlalchemy import func, select

from infra.long_jobs import LongJob
from tenants.operators import health
from web import tenancy
from web.console.settings.blueprint import blueprint


@blueprint.get("/diagnostics")
def diagnostics() -> str:
    """As it is at this moment."""
    session = tenancy.session()
    states = session.execute(select(LongJob.state, func.count()).group_by(LongJob.state))
    return render_template(
        "console/settings/diagnostics.html", seen=health.measure(session), jobs={row[0]: row[1] for row in states}
    )
