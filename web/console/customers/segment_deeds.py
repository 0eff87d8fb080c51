"""What is done with a segment as a whole: copied, frozen, put away, brought back, deleted."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from customers.segments import freezing, uses, verbs
from infra.i18n import N_
from infra.ids import new_id
from web import tenancy
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.customers import FreezeForm

Page = str | Response | tuple[str, int]


@blueprint.post("/segments/<uuid:segment_id>/copy")
def duplicate_segment(segment_id: UUID) -> Response:
    """The page of the copy is the next one."""
    session = tenancy.session()
    copy = verbs.duplicate(session, verbs.get(session, segment_id), by=tenancy.actor())
    flash(N_("This is the copy. Give it a name of its own."))
    return redirect(url_for(".segment", segment_id=copy.id), 303)


@blueprint.get("/segments/<uuid:segment_id>/freezing")
def freezing_segment(segment_id: UUID) -> Page:
    """Asks for the name under which people are written down as they are now."""
    return _freezing(segment_id, Form())


@blueprint.post("/segments/<uuid:segment_id>/freezing")
def freeze_segment(segment_id: UUID) -> Page:
    """Begins to write them down; a second click leads to the same work."""
    session, by = tenancy.session(), tenancy.actor()
    found, form = verbs.get(session, segment_id), Form.submitted(FreezeForm)
    if form.attempt(lambda given: freezing.start_from(session, found, given["name"], by=by, key=given["key"])):
        return redirect(url_for("console.jobs.job", job_id=form.result.id), 303)
    return _freezing(segment_id, form)


@blueprint.post("/segments/<uuid:segment_id>/archive")
def archive_segment(segment_id: UUID) -> Response:
    """Off the list; what goes by it goes on."""
    session = tenancy.session()
    verbs.archive(session, verbs.get(session, segment_id), by=tenancy.actor())
    flash(N_("The segment is archived. What goes by it goes on."))
    return redirect(url_for(".segment_list"), 303)


@blueprint.post("/segments/<uuid:segment_id>/restoration")
def restore_segment(segment_id: UUID) -> Response:
    """Back on the list."""
    session = tenancy.session()
    verbs.restore(session, verbs.get(session, segment_id), by=tenancy.actor())
    flash(N_("The segment is back from the archive."))
    return redirect(url_for(".segment", segment_id=segment_id), 303)


@blueprint.get("/segments/<uuid:segment_id>/deletion")
def segment_deletion(segment_id: UUID) -> str:
    """What goes by the segment, and the button where nothing does."""
    session = tenancy.session()
    found = verbs.get(session, segment_id)
    used = uses.used_by(session, found)
    return render_template("console/customers/segment_deletion.html", segment=found, used=used)


@blueprint.post("/segments/<uuid:segment_id>/deletion")
def delete_segment(segment_id: UUID) -> Response:
    """For good. The people in it are as they were."""
    session = tenancy.session()
    verbs.delete(session, verbs.get(session, segment_id), by=tenancy.actor())
    flash(N_("The segment is deleted. The customers in it are as they were."))
    return redirect(url_for(".segment_list"), 303)


def _freezing(segment_id: UUID, form: Form) -> tuple[str, int]:
    found = verbs.get(tenancy.session(), segment_id)
    shown = {"segment": found, "form": form, "key": form.value("key") or new_id().hex}
    return render_template("console/customers/segment_freezing.html", **shown), form.status
