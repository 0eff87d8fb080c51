"""Trying an import without a change; where that was asked for, the import itself follows by itself."""

from customers.imports import files, matching, reading, seams
from customers.imports.companies import find_companies
from customers.imports.matching import Known
from customers.imports.rows import Row
from customers.imports.starting import locked, start
from customers.imports.work import SHOWN, batches, opened
from customers.imports.writing import COUNTS
from infra import long_jobs
from infra.i18n import N_
from infra.long_jobs import Work
from tenants.starters import actor_of


@long_jobs.kind(
    "customers.import_check", title=N_("Check of an import"), permission="customers.import", unit=N_("rows")
)
def check(work: Work) -> None:
    """Says what the import `work.subject` would do."""
    imported, reader = opened(work)
    counts, wrong, known, names = dict.fromkeys(COUNTS, 0), list[list[object]](), Known(), set[str]()
    done, brought = 0, dict[str, int]()
    with files.fetched(work.services.storage, imported.file_key or "") as path:
        for cells in batches(reading.rows_of(path, imported.format)):
            rows = [reader.read(number, row) for number, row in cells]
            with work.session() as session:
                matching.index(work.services.keys.for_tenant(work.tenant), rows)
                matching.learn(session, known, rows)
                there = find_companies(session, rows)
            for row in rows:
                written = _count(counts, known, row, imported.policy)
                if written and row.extras:
                    brought = seams.added(brought, seams.tally(row.extras))
                if row.company and there.find(row) is None:
                    names.add(row.company.lower())
            wrong += [[row.number, row.problems[:5]] for row in rows if row.problems][: SHOWN - len(wrong)]
            done += len(rows)
            work.advance(done)
    counts["companies"] = len(names)
    with work.session() as session:
        held = locked(session, imported.id)
        if held.state == "checking" and held.job_id == work.id:
            held.state, held.rows, held.counts, held.wrong = "checked", done, {**counts, **brought}, wrong
            if held.options.get("then_run"):
                start(session, held, by=actor_of(session, held.created_by))
    work.advance(done, done)


def _count(counts: dict[str, int], known: Known, row: Row, policy: str) -> bool:
    """Counts the row; whether it would write something."""
    decision = None if row.problems else matching.decide(known, row)
    if decision is None:
        counts["wrong"] += 1
        return False
    if decision[1]:
        counts["added"] += 1
        return True
    counts["skipped" if policy == "skip" else "updated"] += 1
    return policy != "skip"
