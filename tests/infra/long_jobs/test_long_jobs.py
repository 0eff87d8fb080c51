"""Long work: begun once, seen while it goes on, cancelled, taken up again, its files kept for a week."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import time_machine

from infra import clock, long_jobs
from infra.db import TenantRef
from infra.errors import NotFound, Unavailable
from infra.ids import new_id
from infra.long_jobs import LongJob, Work, cleaning, running
from infra.long_jobs.running import MOST_ATTEMPTS, STALE_AFTER, claim
from infra.long_jobs.work import FILES_KEPT, Pieces
from infra.services import Services
from infra.storage import ObjectMissing, StorageKey

SOMEBODY = SimpleNamespace(id=new_id())
doing: dict[str, Callable[[Work], None]] = {}


@long_jobs.kind("tests.sheep", title="Sheep", permission="console.read", unit="sheep")
def sheep(work: Work) -> None:
    doing["now"](work)


@pytest.fixture(autouse=True)
def clean(services: Services) -> Iterator[None]:
    services.queues.connection.flushdb()
    doing.clear()
    before = running._may_still
    long_jobs.configure(lambda session, starter, permission: True)
    yield
    long_jobs.configure(before)
    services.queues.connection.flushdb()


def begun(services: Services, tenant: TenantRef, **told: Any) -> UUID:
    with services.db.tenant_session(tenant) as session:
        return long_jobs.start(session, sheep, by=SOMEBODY, **told).id


def ask(services: Services, tenant: TenantRef, job_id: UUID) -> LongJob:
    with services.db.tenant_session(tenant) as session:
        work = long_jobs.get_long_job(session, job_id)
        session.expunge(work)
        return work


def work_on(services: Services, tenant: TenantRef, job_id: UUID, how: Callable[[Work], None]) -> LongJob:
    doing["now"] = how
    long_jobs.run(services, tenant, long_job=str(job_id))
    return ask(services, tenant, job_id)


def queued(services: Services) -> list[str]:
    return [each.kwargs["arguments"]["long_job"] for each in services.queues.queue("bulk").get_jobs()]


def test_a_second_click_begins_nothing(services: Services, own_tenant: TenantRef) -> None:
    first = begun(services, own_tenant, key="of the page")
    assert begun(services, own_tenant, key="of the page") == first
    assert begun(services, own_tenant, key="of another page") != first
    with services.db.tenant_session(own_tenant) as session:
        other = long_jobs.start(session, sheep, by=SimpleNamespace(id=new_id()), key="of the page")
        assert other.id != first
    assert queued(services).count(str(first)) == 1


def test_two_clicks_at_once_begin_one_piece_of_work(services: Services, own_tenant: TenantRef) -> None:
    found: list[UUID] = []
    together = threading.Barrier(4)

    def click() -> None:
        together.wait()
        found.append(begun(services, own_tenant, key="once"))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_work_gets_its_ids_and_leaves_a_file(services: Services, own_tenant: TenantRef) -> None:
    subject, other = new_id(), new_id()
    job_id = begun(services, own_tenant, subject=subject, total=3, filename="sheep.csv", shepherd=other, year=2026)

    def count(work: Work) -> None:
        assert (work.subject, work.ids) == (subject, {"shepherd": str(other), "year": 2026})
        work.store((b"sheep " * 1_000_000 for _ in range(3)), content_type="text/csv")
        work.store_errors(iter([b"wolf\n"]), 1)
        work.advance(3)

    found = work_on(services, own_tenant, job_id, count)
    assert (found.state, found.done, found.total, found.errors) == ("done", 3, 3, 1)
    assert found.result_bytes == 18_000_000
    assert found.result_key is not None
    assert found.errors_key is not None
    assert services.storage.get(StorageKey(found.result_key)) == b"sheep " * 3_000_000
    assert services.storage.get(StorageKey(found.errors_key)) == b"wolf\n"


def test_progress_is_seen_while_the_work_goes_on(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant, total=10)

    def count(work: Work) -> None:
        work.advance(4, 12)
        seen = ask(services, own_tenant, job_id)
        assert (seen.state, seen.done, seen.total) == ("running", 4, 12)
        assert seen.started_at is not None
        work.advance(12)

    assert work_on(services, own_tenant, job_id, count).done == 12


def test_two_workers_do_not_do_the_same_work(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    assert claim(services, own_tenant, job_id)[0] is not None
    assert claim(services, own_tenant, job_id)[0] is None


def test_cancelled_work_stops_at_its_step_and_leaves_no_file(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    seen: list[int] = []

    def count(work: Work) -> None:
        def pieces() -> Iterator[bytes]:
            for number in range(100):
                seen.append(number)
                yield b"x" * 3_000_000
                if number == 4:
                    with services.db.tenant_session(own_tenant) as session:
                        long_jobs.cancel(session, job_id)
                work.advance(number, 100)

        work.store(pieces(), content_type="text/csv")

    found = work_on(services, own_tenant, job_id, count)
    assert (found.state, found.result_key) == ("cancelled", None)
    assert len(seen) < 8
    with pytest.raises(ObjectMissing):
        services.storage.get(StorageKey(f"{own_tenant.id}/jobs/{job_id.hex}/1-result"))


def test_work_that_has_not_begun_is_cancelled_at_once(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    with services.db.tenant_session(own_tenant) as session:
        long_jobs.cancel(session, job_id)
        long_jobs.cancel(session, job_id)
    assert ask(services, own_tenant, job_id).state == "cancelled"
    assert work_on(services, own_tenant, job_id, lambda work: pytest.fail("it was cancelled")).state == "cancelled"


def test_abandoned_work_is_found_and_taken_up_from_its_start(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    first, _ = claim(services, own_tenant, job_id)
    assert first is not None
    first.advance(3, 10)
    with services.db.tenant_session(own_tenant) as session:
        assert not long_jobs.has_stale(session)
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=1)):
        for _ in range(2):
            with services.db.tenant_session(own_tenant) as session:
                long_jobs.resume_stale(session)
        assert queued(services) == [str(job_id)] * 2, "once when it began, once when it was taken up"
        second, _ = claim(services, own_tenant, job_id)
    assert second is not None
    assert ask(services, own_tenant, job_id).done == 0
    with pytest.raises(long_jobs.Overtaken):
        first.advance(4, 10)
    assert not first.end("done"), "a worker that was thought dead ends nothing"
    assert second.end("done")


def test_work_whose_worker_died_is_cancelled_when_somebody_asked_for_it(
    services: Services, own_tenant: TenantRef
) -> None:
    job_id = begun(services, own_tenant)
    claim(services, own_tenant, job_id)
    with services.db.tenant_session(own_tenant) as session:
        long_jobs.cancel(session, job_id)
    with time_machine.travel(clock.now() + STALE_AFTER + timedelta(seconds=1)):
        found = work_on(services, own_tenant, job_id, lambda work: pytest.fail("it was cancelled"))
    assert found.state == "cancelled"


def test_a_part_that_is_away_is_waited_for_a_few_times(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)

    def fail(work: Work) -> None:
        raise Unavailable()

    for attempt in range(1, MOST_ATTEMPTS + 1):
        with pytest.raises(Unavailable):
            work_on(services, own_tenant, job_id, fail)
        found = ask(services, own_tenant, job_id)
        assert found.attempts == attempt
        assert found.state == ("waiting" if attempt < MOST_ATTEMPTS else "failed")
    assert found.reason == "unavailable"


def test_work_that_kills_its_workers_is_given_up(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    for number in range(MOST_ATTEMPTS):
        with time_machine.travel(clock.now() + (number + 1) * (STALE_AFTER + timedelta(seconds=1))):
            assert claim(services, own_tenant, job_id)[0] is not None
    with time_machine.travel(clock.now() + timedelta(hours=1)), pytest.raises(long_jobs.GaveUp):
        work_on(services, own_tenant, job_id, lambda work: pytest.fail("it was given up"))
    found = ask(services, own_tenant, job_id)
    assert (found.state, found.reason) == ("failed", "gave_up")


def test_failed_work_is_begun_anew_and_the_failure_stays(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant, filename="sheep.csv", year=2026)

    def fail(work: Work) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work_on(services, own_tenant, job_id, fail)
    assert ask(services, own_tenant, job_id).reason == "crashed"
    with services.db.tenant_session(own_tenant) as session:
        again = long_jobs.start_again(session, job_id, by=SOMEBODY)
        assert long_jobs.start_again(session, job_id, by=SOMEBODY).id == again.id != job_id
        assert long_jobs.start_again(session, again.id, by=SOMEBODY).id == again.id, "it has not ended"
        assert (again.filename, again.arguments) == ("sheep.csv", {"year": 2026})
    assert work_on(services, own_tenant, again.id, lambda work: None).state == "done"


def test_whoever_lost_the_right_meanwhile_gets_nothing(services: Services, own_tenant: TenantRef) -> None:
    asked: list[tuple[UUID, str]] = []

    def may_still(session: Any, starter: UUID, permission: str) -> bool:
        asked.append((starter, permission))
        return False

    job_id = begun(services, own_tenant)
    long_jobs.configure(may_still)
    with pytest.raises(long_jobs.NotAllowed):
        work_on(services, own_tenant, job_id, lambda work: pytest.fail("not allowed"))
    assert asked == [(SOMEBODY.id, "console.read")]
    assert ask(services, own_tenant, job_id).reason == "not_allowed"


def test_files_go_after_a_week_and_rows_after_three_months(services: Services, own_tenant: TenantRef) -> None:
    job_id = begun(services, own_tenant)
    made = work_on(services, own_tenant, job_id, lambda work: work.store(iter([b"sheep"]), content_type="text/csv"))
    assert made.result_key is not None
    key = StorageKey(made.result_key)

    def clean_up(after: timedelta) -> bool:
        """As if so much time had passed since the end; the file store's clock is not ours to move."""
        with services.db.tenant_session(own_tenant) as session:
            row = long_jobs.get_long_job(session, job_id)
            row.ended_at = clock.now() - after
            row.keep_until = row.ended_at + FILES_KEPT if row.result_key else None
            session.flush()
            due = long_jobs.has_old(session)
        long_jobs.clean_up(services, own_tenant)
        return due

    assert not clean_up(FILES_KEPT - timedelta(hours=1))
    assert services.storage.get(key) == b"sheep"
    assert clean_up(FILES_KEPT + timedelta(hours=1))
    with pytest.raises(ObjectMissing):
        services.storage.get(key)
    assert ask(services, own_tenant, job_id).result_key is None
    assert clean_up(cleaning.ROWS_KEPT + timedelta(hours=1))
    with pytest.raises(NotFound):
        ask(services, own_tenant, job_id)


def test_unknown_work_is_not_found(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        with pytest.raises(NotFound):
            long_jobs.get_long_job(session, new_id())
        with pytest.raises(NotFound):
            long_jobs.cancel(session, new_id())
        with pytest.raises(NotFound):
            long_jobs.start_again(session, new_id(), by=SOMEBODY)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pieces_read_like_a_file_whatever_their_size(size: int) -> None:
    source = [b"", b"abc", b"", b"defghij", b"k"]
    reader = Pieces(iter(source))
    parts = iter(lambda: reader.read(size), b"")
    found = list(parts)
    assert b"".join(found) == b"abcdefghijk"
    assert all(len(part) == size for part in found[:-1])
    assert reader.size == 11
