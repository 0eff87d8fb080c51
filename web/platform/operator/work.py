"""Workers and queues: who is alive and at what, what waits and since when."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra.i18n import N_
from infra.jobs import looking
from tenants.operators import audit
from tenants.operators import mail as mail_flow
from web import tenancy
from web.platform.operator import names
from web.platform.operator.parts import Parts

blueprint = Blueprint("work", __name__)


@blueprint.get("/")
def index() -> str:
    """As Valkey answers at this moment."""
    parts = Parts()
    looked = parts.call(partial(looking.look, tenancy.services().settings))
    stuck = parts.ask(mail_flow.count_stuck)
    ids = [work.tenant_id for work in looked.failed] if looked else []
    ids += [worker.current.tenant_id for worker in looked.workers if worker.current] if looked else []
    return render_template("platform/operator/work.html", looked=looked, stuck=stuck, slugs=names.of_tenants(ids))


@blueprint.post("/cut-off/<job_id>")
def send_again(job_id: str) -> Response:
    """Puts a job that was cut off back on its queue."""
    name = looking.send_again(tenancy.services().settings, job_id)
    audit.record(tenancy.session(), "job.retried", by=tenancy.actor(), job=name)
    flash(N_("The job is sent again."))
    return redirect(url_for(".index"), 303)
