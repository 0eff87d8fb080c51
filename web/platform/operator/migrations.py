"""Migrations: where the schemas stand, which failed and why, and running them again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from infra.jobs import enqueue
from tenants.operators import audit, trouble
from tenants.operators import jobs as operator_jobs
from web import tenancy
from web.platform.operator.parts import Parts

blueprint = Blueprint("migrations", __name__)


@blueprint.get("/")
def index() -> str:
    """The spread of revisions over the cells."""
    return render_template("platform/operator/migrations.html", state=Parts().ask(trouble.migration_state))


@blueprint.post("/")
def run() -> Response:
    """Migrates those that failed, or all that are behind, by a job of its own."""
    only_failed = request.form.get("which") == "failed"
    enqueue(tenancy.session(), operator_jobs.migrate, only_failed=only_failed)
    audit.record(tenancy.session(), "migrations.asked", by=tenancy.actor(), only_failed=only_failed)
    flash(N_("The migrations run now. This page shows what came of it when they have ended."))
    return redirect(url_for(".index"), 303)
