"""Lists leave as files: chosen as CSV or XLSX, prepared as long work, noted, and worth nothing elsewhere."""

import io
import zipfile
from contextvars import Context

import pytest
from sqlalchemy import select

from customers import attributes, companies, people, suppressions
from infra import long_jobs, sheets
from infra.long_jobs import LongJob, running
from tenants import starters
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM


@pytest.fixture(autouse=True)
def asked_as_by_the_worker():
    before = running._may_still
    long_jobs.configure(starters.may_still)
    yield
    long_jobs.configure(before)


def fetched(who, session, joined, tenant, job_page):
    """The file of a job's page, once its work is done."""
    job = job_page.rpartition("/")[2]
    Context().run(lambda: long_jobs.run(joined, tenant, long_job=job))
    session.expire_all()
    return who.get(f"/console/jobs/{job}/result")


def test_each_list_is_had_as_csv_and_as_xlsx(session, joined, acme, as_staff):
    who = as_staff("owner").at(acme)
    company = companies.add(session, by=SYSTEM, name="=Lee", attributes={})
    attributes.declare(session, by=SYSTEM, subject="person", label="Since", type="date")
    people.add(session, by=SYSTEM, name="Ann", company_id=company.id, attributes={"since": "2024-05-01"})
    suppressions.add(session, "ann@example.org", kind="manual", source="staff")
    session.flush()
    pages = (
        ("console.customers.export", "/exports", "customers"),
        ("console.customers.company_list", "/companies/exports", "companies"),
        ("console.settings.suppressions", "/suppressions/exports", "not-written-to"),
        ("console.settings.audit_log", "/audit/export", "audit-log-"),
    )
    for endpoint, action, name in pages:
        for form in ("csv", "xlsx"):
            page = who.get(endpoint)
            assert f'name="form" value="{form}"' in page.text
            file = who.submit(page, action, expect=200 if name == "audit-log-" else 303, form=form)
            if file.status_code == 303:
                file = fetched(who, session, joined, acme, file.location)
            assert file.mimetype == sheets.TYPES[form]
            told = file.headers["Content-Disposition"]
            assert name in told
            assert told.endswith(form)
            if form == "xlsx":
                assert zipfile.ZipFile(io.BytesIO(file.data)).testzip() is None
            elif name == "companies":
                assert f"{company.id},,'=Lee,,1," in file.text
            elif name == "customers":
                assert ",2024-05-01\r\n" in file.text
    noted = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%.exported"))).all()
    assert sorted(noted) == sorted(
        2 * ["audit.exported", "companies.exported", "customers.exported", "suppressions.exported"]
    )


def test_the_file_of_some_companies_keeps_their_ids_and_not_what_was_typed(session, joined, acme, as_staff):
    for name in ("Lee Imports", "Lee Shop", "Other"):
        companies.add(session, by=SYSTEM, name=name)
    session.flush()
    who = as_staff("owner").at(acme)
    page = who.get("/console/customers/companies?q=lee")
    file = fetched(who, session, joined, acme, who.submit(page, "/companies/exports", form="csv").location)
    assert ("Lee Shop" in file.text, "Lee Imports" in file.text, "Other" in file.text) == (True, True, False)
    arguments = session.scalars(select(LongJob.arguments)).one()
    assert "lee" not in str(arguments).lower()
    assert len(arguments["ids"]) == 2


def test_who_may_not_export_finds_no_button_and_an_odd_form_is_no_file(session, acme, as_staff):
    companies.add(session, by=SYSTEM, name="Lee")
    session.flush()
    page = as_staff("editor").at(acme).get("console.customers.company_list")
    assert "/companies/exports" not in page.text
    owner = as_staff("owner").at(acme)
    owner.post("console.customers.start_company_export", data={"key": "a" * 32, "form": "exe"})
    assert session.scalars(select(LongJob)).all() == []
