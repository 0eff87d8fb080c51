"""Addresses that nobody writes to: one entry for each, in and out as files."""

import pytest
from sqlalchemy import select

from customers import suppressions, suppressions_files
from customers.models import Suppression
from infra import i18n
from infra.db import TenantRef
from infra.long_jobs import LongJob, running
from infra.services import Services
from infra.storage import StorageKey, tenant_key
from tests.customers.contact_story import STAFF
from tests.web.story import add_member


@pytest.mark.processes
def test_a_list_comes_in_once_and_goes_out_again(services: Services, own_tenant: TenantRef) -> None:
    content = b"E-mail\nann@example.org\nANN@example.org\nnonsense\n=bob@example.org\n"
    with services.db.tenant_session(own_tenant) as session:
        by = suppressions_files.Actor("staff", add_member(session, "admin").id, STAFF.permissions)
        suppressions.add(session, "bounced@example.org", kind="hard_bounce", source="dsn")
        place = tenant_key(own_tenant, "suppressions", "list")
        services.storage.put(place, content, content_type="text/csv")
        with i18n.use("de"):
            coming = suppressions_files.start_import(session, place, by=by, key="in").id
    for _ in range(2):
        running.run(services, own_tenant, long_job=str(coming))
    with services.db.tenant_session(own_tenant) as session:
        kinds = sorted(session.scalars(select(Suppression.kind)))
        assert kinds == ["hard_bounce", "import", "import"]
        done = session.get_one(LongJob, coming)
        assert (done.state, done.errors) == ("done", 1)
        assert done.errors_key is not None
        heading, wrong = services.storage.get(StorageKey(done.errors_key)).decode("utf-8-sig").splitlines()
        assert heading == "Zeile,Adresse,Grund"
        assert wrong.startswith("4,nonsense,")
        assert "ann@example.org" in wrong
        assert "Write" not in wrong
        assert suppressions.stopped_by(session, "Ann@Example.org")
        assert not suppressions.stopped_by(session, "ann@example.org", transactional=True)
        going = suppressions_files.start_export(session, by=by, key="out").id
    running.run(services, own_tenant, long_job=str(going))
    with services.db.tenant_session(own_tenant) as session:
        made = session.get_one(LongJob, going)
        assert made.result_key is not None
        text = services.storage.get(StorageKey(made.result_key)).decode("utf-8-sig")
    assert "bounced@example.org,hard_bounce,dsn" in text
    assert "'=bob@example.org" in text
