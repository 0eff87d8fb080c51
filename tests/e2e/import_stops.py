"""Imports at their stages, and two customers who may be one."""

from sqlalchemy.orm import Session

from customers import companies, company_merging, people
from customers.imports import verbs
from infra import clock
from infra.db import TenantRef
from infra.ids import new_id
from infra.services import Services
from infra.storage import tenant_key
from tests.e2e.contact_stops import OWNER
from tests.e2e.stops import LONG, Stop

PAGES = "/console/customers"
LETTERS = {"kind": "csv", "encoding": "utf-8", "separator": ","}
HEADERS = ["Name", "E-mail", LONG]


def imports(session: Session, services: Services, tenant: TenantRef) -> list[Stop]:
    """A file whose columns are to be said, one that was checked, one that is done and can be undone; a pair."""
    stored = [_imported(session, services, tenant) for _ in range(2)]
    columns, done = stored
    done.state, done.begun_at, done.rows = "done", clock.now(), 3
    done.counts = {"added": 2, "updated": 0, "skipped": 1, "wrong": 1, "companies": 1}
    alike = {"name": "Margarethe Olufsen", "email": "m.olufsen@example.org"}
    one, other = (people.add(session, by=OWNER, **alike, external_id=which) for which in ("M-1", "M-2"))
    session.flush()
    undone = _imported(session, services, tenant)
    undone.state, undone.begun_at, undone.undone_at, undone.rows = "undone", clock.now(), clock.now(), 3
    undone.counts = {
        "added": 2,
        "updated": 0,
        "skipped": 1,
        "wrong": 0,
        "companies": 2,
        "consents": 2,
        "withdrawals": 1,
    }
    report = {"consents": 2, "withdrawals_kept": 1, "companies": 1, "companies_kept": 1, "attributes": ["colour"]}
    undone.made = {"attributes": ["colour"], "report": report}
    kept, merged, alike_one = (
        companies.add(session, by=OWNER, name=f"Olufsen {form}") for form in ("GmbH", "AG", "Ltd")
    )
    session.flush()
    company_merging.merge(session, kept.id, merged.id, by=OWNER)
    return [
        Stop("imports", f"{PAGES}/imports"),
        Stop("import-columns", f"{PAGES}/imports/{columns.id}/columns"),
        Stop("import-done", f"{PAGES}/imports/{done.id}"),
        Stop("import-undoing", f"{PAGES}/imports/{done.id}/undoing"),
        Stop("import-undone", f"{PAGES}/imports/{undone.id}"),
        Stop("company-merged", f"{PAGES}/companies/{kept.id}"),
        Stop("company-merging", f"{PAGES}/companies/{kept.id}/merging"),
        Stop("company-merge", f"{PAGES}/companies/{kept.id}/merge/{alike_one.id}"),
        Stop("duplicates", f"{PAGES}/duplicates"),
        Stop("merge", f"{PAGES}/{one.id}/merge/{other.id}"),
    ]


def _imported(session: Session, services: Services, tenant: TenantRef) -> verbs.Import:
    key = tenant_key(tenant, "imports", new_id().hex)
    lines = f"Name,E-mail,{LONG}\nAnn,ann@example.org,{'word' * 60}\n".encode()
    services.storage.put(key, lines, content_type="text/csv")
    return verbs.begin(session, key, LETTERS, HEADERS, filename=LONG[:100] + ".csv", by=OWNER)
