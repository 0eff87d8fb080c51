"""From the outbox to the mail server: every outcome, on a real server and a real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import event, func, select, update

from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail import jobs, outbox, purposes, sender
from infra.mail.leases import LEASE, MAX_ATTEMPTS, LeaseLost, Leases, pause_after
from infra.mail.models import ControlOutbox, Outbox
from infra.mail.purposes import MailPurposes
from infra.mail.transport import LANES
from infra.services import Services
from tests.infra.mail.conftest import PURPOSES, Desk
from tests.infra.mail.sink import Sink


def test_a_mail_arrives_and_the_row_holds_the_servers_reply(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org")
    assert desk.send() is False
    (message,) = sink.to("ann@example.org")
    row = desk.row("ann@example.org")
    assert (row.state, row.smtp_reply, row.attempts) == ("accepted", "250 2.0.0 kept", 1)
    assert row.message_id == message["Message-ID"]
    assert row.finished_at is not None
    assert row.leased_until is None


def test_the_same_key_is_one_mail(desk: Desk, sink: Sink) -> None:
    for _ in range(3):
        desk.ask("ann@example.org", key="welcome")
        desk.send()
    assert len(sink.raw) == 1


def test_a_rolled_back_request_sends_nothing(desk: Desk, sink: Sink) -> None:
    with desk.services.db.open_tenant(desk.tenant) as session:
        outbox.send(session, "test.hello", ref=new_id(), key="ann@example.org#1")
        session.rollback()
    desk.send()
    assert sink.raw == []


@pytest.mark.parametrize(
    ("address", "state", "reply"),
    [
        ("refuse@example.org", "refused", "550 5.1.1 <(recipient)> no such mailbox"),
        ("late-refuse@example.org", "refused", "554 5.7.1 we do not like the content"),
        ("later@example.org", "queued", "451 4.7.1 come back later"),
        ("break@example.org", "unknown", "the connection broke after DATA"),
        ("gone@example.org", "cancelled", "there was nothing to send any more"),
        ("broken@example.org", "queued", "the mail could not be made (ZeroDivisionError)"),
        ("no address at all", "refused", "the address is not valid"),
        ("ann@example.org>\r\nRCPT TO:<eve@example.org", "refused", "the address is not valid"),
    ],
)
def test_every_outcome_is_recorded_and_stops_nobody_else(
    desk: Desk, sink: Sink, address: str, state: str, reply: str
) -> None:
    desk.ask("first@example.org", address, "last@example.org")
    desk.send()
    row = desk.row(address)
    assert row.state == state
    assert reply in str(row.smtp_reply)
    assert desk.row("first@example.org").state == desk.row("last@example.org").state == "accepted"


def test_a_temporary_failure_is_tried_again_with_growing_pauses_until_it_is_refused(desk: Desk, sink: Sink) -> None:
    desk.ask("later@example.org")
    moment = now()
    with time_machine.travel(moment, tick=False) as traveller:
        for attempt in range(1, MAX_ATTEMPTS):
            desk.send()
            row = desk.row("later@example.org")
            assert (row.state, row.attempts) == ("queued", attempt)
            assert row.next_attempt_at - now() == pause_after(attempt)
            desk.send()
            assert desk.row("later@example.org").attempts == attempt
            traveller.shift(pause_after(attempt))
        desk.send()
    assert desk.row("later@example.org").state == "refused"
    assert pause_after(MAX_ATTEMPTS) == timedelta(hours=4)


def test_a_mail_may_wait_for_its_moment(desk: Desk, sink: Sink) -> None:
    tomorrow = now() + timedelta(days=1)
    with desk.services.db.tenant_session(desk.tenant) as session:
        outbox.send(session, "test.hello", ref=new_id(), key="ann@example.org#1", not_before=tomorrow)
        assert outbox.next_attempt_at(session) == tomorrow
        assert not outbox.has_due(session)
    desk.send()
    assert sink.raw == []
    with time_machine.travel(tomorrow + timedelta(seconds=1)):
        with desk.services.db.tenant_session(desk.tenant) as session:
            assert outbox.has_due(session)
        desk.send()
    assert len(sink.raw) == 1


def test_what_a_dead_worker_held_goes_back_unless_the_server_may_have_it(desk: Desk, sink: Sink) -> None:
    desk.ask("held@example.org", "sent@example.org")
    leases = Leases(desk.services.db, desk.tenant)
    held, sent = leases.take(2)
    leases.open_window([sent])
    leases.begin(sent, "<x@example.org>")
    desk.send()
    assert sink.raw == []
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        with desk.services.db.tenant_session(desk.tenant) as session:
            assert outbox.has_due(session)
        desk.send()
        desk.send()
    states = {str(held.id): "accepted", str(sent.id): "unknown"}
    for address in ("held@example.org", "sent@example.org"):
        row = desk.row(address)
        assert row.state == states[str(row.id)]
    assert len(sink.raw) == 1


def test_a_worker_that_lost_its_lease_does_not_send(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org")
    (stale,) = (leases := Leases(desk.services.db, desk.tenant)).take(1)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        desk.send()
    assert desk.row("ann@example.org").state == "accepted"
    leases.finish(stale, "refused", "too late")
    assert desk.row("ann@example.org").state == "accepted"
    assert len(sink.raw) == 1


def test_no_mail_is_begun_on_a_lease_that_may_end_meanwhile(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org")
    (mail,) = (leases := Leases(desk.services.db, desk.tenant)).take(1)
    leases.open_window([mail])
    with time_machine.travel(now() + LEASE - timedelta(minutes=1)), pytest.raises(LeaseLost):
        leases.begin(mail, "<x@example.org>")
    assert desk.row("ann@example.org").message_id is None


def test_of_a_dead_workers_window_only_the_begun_mail_is_unknown(desk: Desk, sink: Sink) -> None:
    desk.ask("begun@example.org", "next@example.org", "last@example.org")
    later = now() + timedelta(hours=1)  # the database server has long been up
    with time_machine.travel(later):
        leases = Leases(desk.services.db, desk.tenant)
        by_id = {mail.id: mail for mail in leases.take(3)}
        assert leases.open_window(list(by_id.values())) == set(by_id)
        leases.begin(by_id[desk.row("begun@example.org").id], "<x@example.org>")
    with time_machine.travel(later + LEASE + timedelta(seconds=1)):
        leases.expire()
    rows = [desk.row(f"{name}@example.org") for name in ("begun", "next", "last")]
    assert [row.state for row in rows] == ["unknown", "queued", "queued"]


def test_after_a_crash_of_the_database_a_whole_window_is_unknown(desk: Desk, sink: Sink) -> None:
    """What did not wait for the disk may be forgotten with the server: nobody knows what was begun."""
    desk.ask("ann@example.org", "bob@example.org", "cy@example.org")
    long_ago = now() - timedelta(days=400)  # the database server came up since
    leases = Leases(desk.services.db, desk.tenant)
    with desk.services.db.tenant_session(desk.tenant) as session:
        session.execute(update(Outbox).values(next_attempt_at=long_ago))
    with time_machine.travel(long_ago + timedelta(hours=1)):
        mails = leases.take(3)
        assert len(leases.open_window(mails[:2])) == 2
    leases.expire()
    states = [desk.row(mail.key.split("#")[0]).state for mail in mails]
    assert states == ["unknown", "unknown", "queued"]


def test_the_job_sends_what_its_tenant_has(desk: Desk, sink: Sink) -> None:
    purposes.configure(PURPOSES)
    desk.ask("ann@example.org")
    try:
        jobs.send_mails(desk.services, desk.tenant)
    finally:
        purposes.configure(MailPurposes())
    assert len(sink.raw) == 1


def test_a_mail_server_that_is_away_costs_no_attempt(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org", "bob@example.org")
    sink.stop()
    assert desk.send() is False
    for address in ("ann@example.org", "bob@example.org"):
        row = desk.row(address)
        assert (row.state, row.attempts) == ("queued", 0)
        assert row.next_attempt_at > now()
    sink.start()
    with time_machine.travel(now() + timedelta(minutes=1)):
        desk.send()
    assert len(sink.raw) == 2


def test_many_mails_share_a_few_connections_and_are_asked_for_in_batches(desk: Desk, sink: Sink) -> None:
    desk.ask(*(f"p{number}@d{number % 7}.example" for number in range(120)))
    desk.send()
    assert len(sink.raw) == 120
    assert sink.connections == LANES
    with desk.services.db.tenant_session(desk.tenant) as session:
        counted = session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all()
    assert [tuple(row) for row in counted] == [("accepted", 120)]


def test_no_database_connection_is_held_while_the_server_is_asked(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org")
    pool = desk.services.db.engine(desk.tenant.cell).pool
    held: list[int] = []

    class Watching:
        rewrites: frozenset[str] = frozenset()

        def announce(self, envelopes: object) -> None: ...

        def send(self, envelope: object, before_data: object) -> sender.Outcome:
            held.append(pool.checkedout())  # type: ignore[attr-defined]
            before_data()  # type: ignore[operator]
            held.append(pool.checkedout())  # type: ignore[attr-defined]
            return sender.Outcome("accepted", "250")

        def close(self) -> None: ...

    sender.send_batch(desk.services, desk.tenant, PURPOSES, transport=Watching())
    assert held == [0, 0]


def test_a_slow_recipient_domain_does_not_stop_the_others(desk: Desk, sink: Sink) -> None:
    slow = Desk(replace(desk.services, settings=replace(desk.services.settings, mail_rate=1)), desk.tenant)
    slow.ask(*(f"p{number}@slow.example" for number in range(4)), "ann@fast.example")
    assert slow.send() is False
    order = [b"fast.example" in raw.split(b"\r\n\r\n")[0] for raw in sink.raw]
    assert len(order) == 5
    assert order[-1] is False


def test_what_the_limit_keeps_back_past_the_budget_is_left_for_another_call(desk: Desk, sink: Sink) -> None:
    slow = Desk(replace(desk.services, settings=replace(desk.services.settings, mail_rate=1)), desk.tenant)
    slow.ask(*(f"p{number}@slow.example" for number in range(5)))
    assert slow.send(budget=0.5) is True
    assert 1 <= len(sink.raw) <= 2
    with desk.services.db.tenant_session(desk.tenant) as session:
        rows = session.execute(select(Outbox.state, Outbox.attempts).where(Outbox.state == "queued")).all()
    assert {row.attempts for row in rows} == {0}


def test_valkey_away_stops_no_mail(desk: Desk, sink: Sink) -> None:
    away = replace(desk.services, settings=replace(desk.services.settings, valkey_url="redis://127.0.0.1:9/0"))
    desk.ask("ann@example.org")
    Desk(away, desk.tenant).send()
    assert len(sink.raw) == 1


def test_an_unknown_purpose_waits_for_a_newer_worker(desk: Desk, sink: Sink) -> None:
    desk.ask("ann@example.org")
    sender.send_batch(desk.services, desk.tenant, MailPurposes())
    row = desk.row("ann@example.org")
    assert (row.state, row.smtp_reply) == ("queued", "the mail could not be made (UnknownPurpose)")


@pytest.fixture
def platform_key(services: Services) -> Iterator[str]:
    key = f"ann-{new_id()}@example.org#1"
    yield key
    with services.db.control_session() as session:
        for row in session.scalars(select(ControlOutbox).where(ControlOutbox.key == key)):
            session.delete(row)


def test_the_platforms_own_mail_goes_the_same_way(mailing: Services, sink: Sink, platform_key: str) -> None:
    with mailing.db.control_session() as session:
        assert outbox.send(session, "test.hello", ref=UUID(int=1), key=platform_key)
        assert not outbox.send(session, "test.hello", ref=UUID(int=1), key=platform_key)
    sender.send_batch(mailing, None, PURPOSES)
    assert len(sink.raw) == 1
    with mailing.db.control_session() as session:
        row = session.scalars(select(ControlOutbox).where(ControlOutbox.key == platform_key)).one()
        assert row.state == "accepted"


def test_a_commit_asks_for_one_job_however_many_mails(desk: Desk) -> None:
    queue = desk.services.queues.queue("high")
    queue.empty()
    desk.services.queues.lower_flag("mails", desk.tenant.id)
    desk.ask("ann@example.org", "bob@example.org", "cy@example.org")
    desk.ask("dee@example.org")
    assert [job.kwargs["name"] for job in queue.jobs] == ["infra.mail.jobs.send_mails"]
    queue.empty()


def test_two_statements_and_no_more_touch_the_row_of_a_sent_mail(
    desk: Desk, sink: Sink, own_tenant: TenantRef
) -> None:
    """Through the session go the batch's lease, expiry and reads; begin and finish take the fast path."""
    desk.ask(*(f"p{number}@example.org" for number in range(20)))
    seen: list[str] = []
    engine = desk.services.db.engine(own_tenant.cell)

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        desk.send()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(sink.raw) == 20
    assert len([one for one in seen if "outbox" in one]) == 3, seen
