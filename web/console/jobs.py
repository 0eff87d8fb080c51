"""Long work as its people see it: the list, one piece with its progress, its files, and the bell in the header."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers.exports import companies_file, people_csv
from customers.suppressions_files import export_list
from infra import long_jobs
from infra.errors import Forbidden, NotFound, RapportError
from infra.i18n import N_, gettext
from infra.long_jobs import LongJob
from surveys import pages
from surveys.jobs import answers_csv
from tenants import audit, staff
from tenants.audit import exports
from web import files, tenancy
from web.auth import may, my_glance
from web.schemas.jobs import JobsQuery

blueprint = Blueprint("jobs", __name__)

Page = str | Response

PAGE_SIZE = 25
EVERYBODY = "jobs.manage"
UNKNOWN_KIND = N_("Work of an older version")
CRASHED = N_("Something went wrong on our side. It is noted, and we look into it.")


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece of long work as pages show it."""

    row: LongJob
    title: str
    unit: str
    state: str
    left: float | None
    reason: str
    may_fetch: bool
    """Whether the one who looks may have its files."""

    @property
    def label(self) -> str:
        """What it is called where there is one line only."""
        return f"{self.title}: {self.row.filename}" if self.row.filename else self.title


@blueprint.get("")
def index() -> Page:
    """My long work, newest first; all of it for whoever looks after the workspace."""
    query = JobsQuery().load(request.args)
    everybody = query["whose"] == "all"
    if everybody:
        tenancy.actor().require(EVERYBODY)
    session, by = tenancy.session(), None if everybody else _me()
    rows = long_jobs.list_long_jobs(session, by=by, after=pages.decode(query["after"]), limit=PAGE_SIZE)
    page = pages.page(rows, PAGE_SIZE, [row.id for row in rows])
    total = long_jobs.count_long_jobs(session, by=by)
    told = {"jobs": [shown(row) for row in page.items], "names": _names(page.items if everybody else ())}
    return render_template("console/jobs/index.html", page=page, total=total, query=query, **told)


@blueprint.get("/bell")
def bell() -> Page:
    """What stands under the bell, for a page that stays open."""
    return render_template("console/_bell.html")


@blueprint.get("/<uuid:job_id>")
def job(job_id: UUID) -> Page:
    """One piece of work: how far it is, or how it ended."""
    work = _the_work(job_id)
    long_jobs.see(work, by=_me())
    tenancy.session().flush()
    return render_template("console/jobs/job.html", job=shown(work), names=_names([work]))


@blueprint.post("/<uuid:job_id>/cancellation")
def cancel(job_id: UUID) -> Page:
    """Asks for it to stop."""
    before = _the_work(job_id)
    if before.is_unfinished and before.cancel_asked_at is None:
        by = tenancy.actor()
        audit.record(tenancy.session(), "background_job.cancelled", by=by, subject=job_id, kind=before.kind or "")
    long_jobs.cancel(tenancy.session(), job_id)
    return redirect(url_for(".job", job_id=job_id), 303)


@blueprint.post("/<uuid:job_id>/attempts")
def start_again(job_id: UUID) -> Page:
    """Begins failed or cancelled work anew."""
    before = _the_work(job_id)
    kind = long_jobs.long_job_kind(before.kind or "")
    if kind is not None:
        tenancy.actor().require(kind.permission)
    work = long_jobs.start_again(tenancy.session(), job_id, by=tenancy.actor())
    if work.is_new and work.id != job_id:
        _note_export(work)
    return redirect(url_for(".job", job_id=work.id), 303)


@blueprint.get("/<uuid:job_id>/result")
def result(job_id: UUID) -> Response:
    """The file it left, as it comes from storage."""
    work = _the_work(job_id)
    return _file(work, work.result_key, work.filename or "result", work.result_type, work.result_bytes)


@blueprint.get("/<uuid:job_id>/errors")
def errors(job_id: UUID) -> Response:
    """The file that names what could not be done."""
    work = _the_work(job_id)
    return _file(work, work.errors_key, "errors.csv", "text/csv", None)


def register(app: Flask) -> None:
    """Hands the bell to the layout."""
    app.jinja_env.globals.update(bell_news=bell_news)


def bell_news() -> list[Shown] | None:
    """What the one who looks has under way or has not seen the end of; None where nobody has a bell."""
    visit = tenancy.visit()
    seen = my_glance() if visit.actor is not None and visit.actor.kind == "staff" else None
    if visit.actor is None or seen is None or visit.is_over:
        return None
    if not seen.has_news:
        return []
    return [shown(row) for row in long_jobs.list_news(visit.session(), visit.actor.id)]


def shown(row: LongJob) -> Shown:
    """The row with its words."""
    kind = long_jobs.long_job_kind(row.kind or "")
    return Shown(
        row=row,
        title=gettext(kind.title if kind else UNKNOWN_KIND),
        unit=gettext(kind.unit) if kind and kind.unit else "",
        state="stopping" if row.state == "running" and row.cancel_asked_at else row.state,
        left=long_jobs.seconds_left(row),
        reason=_reason(row.reason) if row.reason else "",
        may_fetch=kind is not None and may(kind.permission),
    )


def _the_work(job_id: UUID) -> LongJob:
    """Mine, or anybody's for who looks after the workspace; for all others it is not there."""
    work = long_jobs.get_long_job(tenancy.session(), job_id)
    if work.created_by != _me() and not may(EVERYBODY):
        raise NotFound()
    return work


def _note_export(work: LongJob) -> None:
    """A file with people in it is noted each time it is asked for, also when its work is begun anew."""
    session, by = tenancy.session(), tenancy.actor()
    if work.kind == exports.audit_csv.name:
        audit.record(session, "audit.exported", by=by, subject=work.id, rows=None, **work.arguments)
    elif work.kind == export_list.name:
        audit.record(session, "suppressions.exported", by=by, subject=work.id)
    elif work.kind == companies_file.name:
        audit.record(session, "companies.exported", by=by, rows=work.total, job=work.id)
    elif work.kind == people_csv.name:
        audit.record(session, "customers.exported", by=by, rows=work.total, job=work.id)
    elif work.kind == answers_csv.name:
        audit.record(
            session, "survey.answers_exported", by=by, subject=work.subject_id, rows=work.total, job=work.id
        )


def _me() -> UUID:
    who = tenancy.actor().id
    if who is None:
        raise NotFound()
    return who


def _names(rows: Iterable[LongJob]) -> dict[UUID, str | None]:
    """Who asked for the work."""
    session = tenancy.session()
    return {who: staff.name_of(session, who) for who in {row.created_by for row in rows} if who is not None}


def _file(work: LongJob, key: str | None, name: str, kind: str | None, size: int | None) -> Response:
    if key is None:
        raise NotFound()
    if not shown(work).may_fetch:
        raise Forbidden()
    by = tenancy.actor()
    audit.record(tenancy.session(), "background_job.downloaded", by=by, subject=work.id, kind=work.kind or "")
    long_jobs.see(work, by=by.id)
    return files.stored(key, name, kind, size)


def _reason(code: str) -> str:
    return gettext(_sentences().get(code, CRASHED))


@cache
def _sentences() -> dict[str, str]:
    """The sentence of every error that work can end with, by its code."""

    def all_below(error: type[RapportError]) -> Sequence[type[RapportError]]:
        return [error, *(each for below in error.__subclasses__() for each in all_below(below))]

    return {error.code: error.message for error in all_below(RapportError) if "%(" not in error.message}
