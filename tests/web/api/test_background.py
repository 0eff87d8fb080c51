"""What programs have done in the background: lists of addresses, the same change to many, the search for pairs."""

from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

import pytest

from customers import attributes, companies, people, suppressions
from infra import long_jobs
from infra.ids import new_id
from infra.long_jobs import LongJob, running
from tenants import starters
from tenants.permissions import SYSTEM
from tests.web.api.story import Program

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from web.application import Application


@pytest.fixture(autouse=True)
def _as_the_worker_asks() -> Any:
    before = running._may_still
    long_jobs.configure(starters.may_still)
    yield
    long_jobs.configure(before)


@pytest.fixture
def worker(session: "Session", joined: "Services", acme: "TenantRef") -> Callable[[], None]:
    """Does the long work that was begun last."""

    def done() -> None:
        session.flush()
        session.expire_all()
        job = session.query(LongJob).order_by(LongJob.id.desc()).first()
        assert job is not None
        Context().run(lambda: long_jobs.run(joined, acme, long_job=str(job.id)))
        session.expire_all()

    return done


def test_a_list_of_addresses_comes_in_once_and_tells_its_wrong_lines(
    program: Program, other_program: Program, session: "Session", worker: Callable[[], None]
) -> None:
    call = ("POST", "suppression_imports.import_suppressions")
    asked: dict[str, Any] = {"expect": 202, "key": "one", "content_type": "text/csv"}
    begun = program.call(*call, data=b"Mail\nann@example.org\nnonsense\n", **asked)
    assert program.call(*call, data=b"Mail\nann@example.org\nnonsense\n", **asked)["id"] == begun["id"]
    other = {**asked, "expect": 422}
    assert program.refused(*call, data=b"bob@example.org\n", **other) == "idempotency_key_reused"
    worker()
    done = program.call("GET", "suppression_imports.get_suppression_import", begun["id"])
    assert (done["state"], done["total"], done["errors"]) == ("done", 2, 1)
    assert suppressions.has(session, "ann@example.org", "import")
    path = ("suppression_imports.get_suppression_import_errors", begun["id"])
    assert "3,nonsense" in program.send("GET", f"api_v1.{path[0]}", path[1], expect=200).text
    program.refused(*call, data=b"", expect=422)
    other_program.call("GET", *path, expect=404)


def test_many_customers_are_changed_alike_and_a_key_that_may_not_read_learns_nobodys_number(
    app: "Application", acme: "TenantRef", program: Program, session: "Session", worker: Callable[[], None]
) -> None:
    tier = attributes.declare(session, by=SYSTEM, subject="person", label="Mood", type="text")
    ann = people.add(session, by=SYSTEM, name="Ann", language="de")
    bob = people.add(session, by=SYSTEM, name="Bob", language="fr")
    call, unknown = ("POST", "people_changes.change_people"), new_id()
    wanted = {"ids": [str(ann.id), str(unknown)], "attribute": tier.code, "value": "fine"}
    begun = program.call(*call, expect=201, key="one", json=wanted)
    assert program.call(*call, expect=201, key="one", json=wanted)["id"] == begun["id"]
    worker()
    done = program.call("GET", "people_changes.get_people_change", begun["id"])
    assert (done["state"], done["errors"]) == ("done", 1)
    assert (ann.attributes, bob.attributes) == ({tier.code: "fine"}, {})
    told = program.send("GET", "api_v1.people_changes.get_people_change_errors", begun["id"], expect=200)
    assert str(unknown) in told.text
    company = companies.add(session, by=SYSTEM, name="Lee")
    writer = Program(app, "customers.edit").at(acme)
    by_filter = {"filters": {"language": "fr"}, "company_id": str(company.id)}
    assert list(writer.call(*call, expect=201, json=by_filter)) == ["id"]
    worker()
    assert (ann.company_id, bob.company_id) == (None, company.id)
    for wrong in (
        {"company_id": None},
        {"ids": [str(ann.id)]},
        {**wanted, "filters": {}},
        {**wanted, "attribute": "none_such"},
        {"ids": [str(ann.id)], "company_id": str(new_id())},
    ):
        program.call(*call, expect=422, json=wrong)


def test_a_program_has_duplicates_looked_for_and_finds_them(
    app: "Application", acme: "TenantRef", globex: "TenantRef", session: "Session", worker: Callable[[], None]
) -> None:
    merger = Program(app, "customers.merge").at(acme)
    ids = {str(people.add(session, by=SYSTEM, name=name, email="ann.lee@example.org").id) for name in ("Ann", "A")}
    begun = merger.call("POST", "duplicates.search_duplicates", expect=202, key="one")
    assert merger.call("POST", "duplicates.search_duplicates", expect=202, key="one")["id"] == begun["id"]
    worker()
    assert merger.call("GET", "duplicates.get_duplicate_search", begun["id"])["state"] == "done"
    pairs = merger.call("GET", "duplicates.list_duplicates")["items"]
    assert ids in [{each["one_id"], each["other_id"]} for each in pairs]
    Program(app, "customers.merge").at(globex).call(
        "GET", "duplicates.get_duplicate_search", begun["id"], expect=404
    )
