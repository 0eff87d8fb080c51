"""Long work on pages: begun once, watched, cancelled, fetched by whoever may, found again under the bell."""

import re
from contextvars import Context
from datetime import timedelta
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from infra import clock, long_jobs
from infra.ids import new_id
from infra.long_jobs import LongJob, running
from surveys import publishing, surveys
from surveys.intake import Submission, Target, submit
from surveys.jobs import answers_csv
from tenants import starters
from tenants.audit import exports as audit_exports
from tenants.models import AuditEntry
from tests.web.story import text_of
from web.console.surveys import exports


@pytest.fixture(autouse=True)
def asked_as_by_the_worker():
    """Whoever began the work must still be allowed to, as the worker asks it."""
    before = running._may_still
    long_jobs.configure(starters.may_still)
    yield
    long_jobs.configure(before)


@pytest.fixture
def answered(session):
    """A survey with three answers."""
    survey = surveys.create_from_template(session, "nps", zone="Europe/Vienna", name="How was it")
    publishing.publish(session, survey)
    live = publishing.find_live(session, survey.address)
    first, second, *_ = live.definition.questions
    for point in (2, 7, 9):
        answers = {first.id: point, second.id: f"Words {point}"}
        submit(session, Target.of(live), Submission(key=new_id(), revision=1, language="en", answers=answers))
    return survey


@pytest.fixture
def large(monkeypatch, answered):
    """The same survey, as if three answers were many."""
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    return answered


def jobs_of(session) -> list[LongJob]:
    return list(session.scalars(select(LongJob).order_by(LongJob.id)))


def deeds(session) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.action.not_like("staff.%")).order_by(AuditEntry.id)
    return list(session.scalars(query))


def work_off(joined, acme, job_id: UUID) -> None:
    """What a worker does, in a context of its own."""
    Context().run(lambda: long_jobs.run(joined, acme, long_job=str(job_id)))


def begin(owner, large) -> str:
    page = owner.get("console.surveys.export", large)
    return owner.submit(page, "/exports", form="csv").location


def test_few_answers_come_at_once_and_the_export_is_noted(as_staff, acme, session, answered):
    owner = as_staff("owner").at(acme)
    file = owner.get("console.surveys.csv", answered)
    assert file.text.count("\r\n") == 4
    assert deeds(session) == ["survey.answers_exported"]
    assert jobs_of(session) == []


def test_many_answers_become_work_in_the_background(as_staff, acme, session, joined, large):
    owner = as_staff("owner").at(acme)
    led = owner.get("console.surveys.csv", large, expect=303)
    assert led.location.endswith("/export")
    at = begin(owner, large)
    page = owner.get(at)
    assert "Waiting" in text_of(page)
    assert 'hx-trigger="every 2s"' in page.text
    (work,) = jobs_of(session)
    assert (work.kind, work.subject_id, work.total, work.filename) == (
        "surveys.answers_csv",
        large.id,
        3,
        f"{large.address}.csv",
    )
    work_off(joined, acme, work.id)
    session.expire_all()
    page = owner.get(at)
    assert "Done" in text_of(page)
    assert "every 2s" not in page.text
    file = owner.get("console.jobs.result", work)
    assert file.mimetype == "text/csv"
    assert file.headers["Content-Disposition"] == f"attachment; filename={large.address}.csv"
    assert int(file.headers["Content-Length"]) == len(file.data)
    assert file.data == owner.get("console.surveys.csv", large, expect=303).data or file.text.count("\r\n") == 4
    assert deeds(session) == ["survey.answers_exported", "background_job.downloaded"]


def test_the_file_of_the_background_is_the_file_of_the_page(as_staff, acme, session, joined, large, monkeypatch):
    owner = as_staff("owner").at(acme)
    begin(owner, large)
    work_off(joined, acme, jobs_of(session)[0].id)
    session.expire_all()
    prepared = owner.get("console.jobs.result", jobs_of(session)[0]).data
    monkeypatch.setattr(exports, "AT_ONCE", 10)
    assert owner.get("console.surveys.csv", large).data == prepared


def test_answers_come_as_a_spreadsheet_at_once_and_from_the_background(
    as_staff, acme, session, joined, answered, monkeypatch
):
    owner = as_staff("owner").at(acme)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file = owner.get("console.surveys.xlsx", answered)
    assert (file.mimetype, file.data[:2]) == (kind, b"PK")
    assert file.headers["Content-Disposition"] == f"attachment; filename={answered.address}.xlsx"
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    page = owner.get("console.surveys.export", answered)
    owner.submit(page, "/exports", form="xlsx")
    owner.submit(page, "/exports", form="csv")
    first, second = jobs_of(session)
    assert [work.filename for work in (first, second)] == [f"{answered.address}.{form}" for form in ("xlsx", "csv")]
    work_off(joined, acme, first.id)
    session.expire_all()
    prepared = owner.get("console.jobs.result", first)
    assert (prepared.mimetype, prepared.data[:2]) == (kind, b"PK")
    assert deeds(session).count("survey.answers_exported") == 3


def test_a_double_click_begins_one_piece_of_work(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    page = owner.get("console.surveys.export", large)
    assert owner.submit(page, "/exports").location == owner.submit(page, "/exports").location
    assert len(jobs_of(session)) == 1
    assert deeds(session) == ["survey.answers_exported"]


def test_a_made_up_key_leads_back(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    for key in ("", "x" * 32, "0" * 33, "0" * 31 + "\n", "'; --"):
        back = owner.post("console.surveys.start_export", large, data={"key": key})
        assert back.location.endswith("/export")
    assert jobs_of(session) == []


def test_cancelling_is_said_and_repeatable(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    page = owner.get(begin(owner, large))
    at = owner.submit(page, "/cancellation").location
    owner.submit(page, "/cancellation")
    assert "Cancelled" in text_of(owner.get(at))
    assert deeds(session) == ["survey.answers_exported", "background_job.cancelled"]
    again = owner.submit(owner.get(at), "/attempts").location
    assert again != at
    assert [work.state for work in jobs_of(session)] == ["cancelled", "waiting"]


def test_an_export_that_is_begun_anew_is_noted_anew(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    page = owner.get(begin(owner, large))
    owner.submit(owner.get(owner.submit(page, "/cancellation").location), "/attempts")
    assert deeds(session).count("survey.answers_exported") == 2
    ids = audit_exports.to_ids(audit_exports.Filters(kind="brand.logo_removed"), locale="de", zone="Europe/Vienna")
    failed = long_jobs.start(session, audit_exports.audit_csv, by=as_actor(owner), filename="audit.csv", **ids)
    failed.state, failed.ended_at = "failed", clock.now()
    session.flush()
    again = owner.post("console.jobs.start_again", failed).location
    assert owner.post("console.jobs.start_again", failed).location == again
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).one()
    assert again.endswith(str(noted.subject_id))
    assert (noted.actor_id, audit_exports.from_ids(noted.data).kind) == (owner.member_id, "brand.logo_removed")


def test_running_work_says_how_far_it_is_and_how_long_it_takes(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    at = begin(owner, large)
    (work,) = jobs_of(session)
    work.state, work.total, work.done = "running", 50_000, 12_000
    work.started_at = clock.now() - timedelta(seconds=60)
    work.heartbeat_at = clock.now()
    session.flush()
    said = text_of(owner.get(at))
    assert "12,000 of 50,000 answers" in said
    assert "About 3 minutes left" in said
    work.cancel_asked_at = clock.now()
    session.flush()
    assert "Stopping" in text_of(owner.get(at))


def test_what_failed_says_why_and_can_be_begun_anew(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    at = begin(owner, large)
    (work,) = jobs_of(session)
    work.state, work.reason, work.ended_at = "failed", "storage_unavailable", clock.now()
    session.flush()
    page = owner.get(at)
    assert "The file store does not answer" in text_of(page)
    owner.submit(page, "/attempts")
    work.reason = "no such code"
    session.flush()
    assert "Something went wrong on our side" in text_of(owner.get(at))
    assert [each.state for each in jobs_of(session)] == ["failed", "waiting"]


def test_the_bell_counts_what_runs_and_what_has_ended_unseen(as_staff, acme, session, joined, large):
    owner = as_staff("owner").at(acme)

    def bell(page) -> str:
        found = BeautifulSoup(page.text, "html.parser").find(class_="bell")
        return " ".join(found.get_text(" ").split())

    assert "Nothing is under way" in bell(owner.get("console.surveys.index"))
    at = begin(owner, large)
    waiting = owner.get("console.surveys.index")
    assert "one running" in bell(waiting)
    assert "every 5s" in waiting.text
    work_off(joined, acme, jobs_of(session)[0].id)
    session.expire_all()
    ended = owner.get("console.surveys.index")
    assert "one ended" in bell(ended)
    assert "every 5s" not in ended.text
    assert "one ended" in bell(owner.get("console.jobs.bell"))
    owner.get(at)
    assert "Nothing is under way" in bell(owner.get("console.surveys.index"))
    assert large.address in text_of(owner.get("console.jobs.index"))


def test_a_colleagues_work_is_not_there_but_for_who_looks_after_the_workspace(
    as_staff, acme, session, joined, large
):
    analyst, other = as_staff("analyst").at(acme), as_staff("analyst").at(acme)
    admin = as_staff("admin").at(acme)
    at = begin(analyst, large)
    (work,) = jobs_of(session)
    for endpoint in ("job", "result", "errors"):
        other.get(f"console.jobs.{endpoint}", work, expect=404)
    other.post("console.jobs.cancel", work, expect=404)
    other.post("console.jobs.start_again", work, expect=404)
    assert large.address not in text_of(other.get("console.jobs.index"))
    other.get("/console/jobs?whose=all", expect=403)
    assert "Everybody's" not in text_of(analyst.get("console.jobs.index"))
    assert large.address in text_of(admin.get("/console/jobs?whose=all"))
    assert "Analyst" in text_of(admin.get(at))
    work_off(joined, acme, work.id)
    session.expire_all()
    admin.get("console.jobs.result", work)
    assert jobs_of(session)[0].seen_at is None, "whoever asked for it has not seen it yet"


def test_whoever_lost_the_right_gets_no_file(as_staff, acme, session, joined, large):
    analyst = as_staff("analyst").at(acme)
    at = begin(analyst, large)
    (work,) = jobs_of(session)
    work_off(joined, acme, work.id)
    session.expire_all()
    member = session.get_one(starters.StaffMember, analyst.member_id)
    member.role = "viewer"
    session.flush()
    assert "Your role does not let you download this file" in text_of(analyst.get(at))
    analyst.get("console.jobs.result", work, expect=403)


def test_work_of_who_left_meanwhile_is_not_done(as_staff, acme, session, joined, large):
    analyst = as_staff("analyst").at(acme)
    begin(analyst, large)
    member = session.get_one(starters.StaffMember, analyst.member_id)
    member.deactivated_at = clock.now()
    session.flush()
    with pytest.raises(long_jobs.NotAllowed):
        work_off(joined, acme, jobs_of(session)[0].id)
    session.expire_all()
    assert jobs_of(session)[0].reason == "not_allowed"


def test_a_file_that_is_gone_says_so(as_staff, acme, session, joined, large):
    owner = as_staff("owner").at(acme)
    at = begin(owner, large)
    (work,) = jobs_of(session)
    work_off(joined, acme, work.id)
    session.expire_all()
    (work,) = jobs_of(session)
    work.result_key = work.keep_until = None
    session.flush()
    assert "is deleted now" in text_of(owner.get(at))
    owner.get("console.jobs.result", work, expect=404)
    owner.get("console.jobs.errors", work, expect=404)


def test_a_long_list_has_pages_and_a_total(as_staff, acme, session, large):
    owner = as_staff("owner").at(acme)
    owner.get("console.jobs.index")
    for number in range(30):
        long_jobs.start(session, answers_csv, by=as_actor(owner), filename=f"file-{number}.csv")
    session.flush()
    page = owner.get("console.jobs.index")
    assert "25 of 30" in text_of(page)
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    assert "5 of 30" in text_of(owner.get(following[1]))
    for cursor in ("x", "%00", "a" * 300):
        owner.get(f"/console/jobs?after={cursor}", expect=422)


def as_actor(person):
    from tenants.permissions import Actor

    return Actor("staff", person.member_id)
