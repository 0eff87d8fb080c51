"""API keys: who makes them, when they end, and what becomes of them when people and secrets change."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from infra import clock
from infra.errors import Conflict, Invalid
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from tenants import api_keys, key_reminders
from tenants.errors import KeyExpired, KeyReplaced, KeyRequired, KeyRevoked
from tenants.models import ApiKey, AuditEntry
from tenants.permissions import SCOPES, SYSTEM, Actor, of_role
from tests.web.story import add_member

READ = ("surveys.read",)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def actor_of(member):
    return Actor("staff", member.id, of_role(member.role))


def made(session, **options):
    return api_keys.create(session, **{"name": "Web shop", "scopes": READ, "by": SYSTEM, **options})


def test_nobody_gives_a_key_more_than_they_may_themselves(session):
    analyst = actor_of(add_member(session, "analyst"))
    with pytest.raises(Invalid) as refused:
        made(session, scopes=("surveys.read", "surveys.delete"), by=analyst)
    assert list(refused.value.problems) == ["scopes"]
    made(session, scopes=("surveys.read",), by=analyst)


def test_a_key_loses_what_its_maker_loses_and_gets_it_back(session):
    admin = add_member(session, "admin")
    _, secret = made(session, scopes=SCOPES, by=actor_of(admin))
    assert api_keys.authenticate(session, secret).actor.permissions == set(SCOPES)
    admin.role = "viewer"
    session.flush()
    assert api_keys.authenticate(session, secret).actor.permissions == {"surveys.read", "results.read"}
    admin.role = "admin"
    session.flush()
    assert api_keys.authenticate(session, secret).actor.permissions == set(SCOPES)


def test_the_keys_of_whoever_leaves_end(session):
    admin, other = add_member(session, "admin"), add_member(session, "admin")
    _, secret = made(session, by=actor_of(admin))
    _, second = made(session, by=actor_of(admin))
    _, kept = made(session, by=actor_of(other))
    assert api_keys.revoke_of(session, admin, by=SYSTEM) == 2
    assert api_keys.revoke_of(session, admin, by=SYSTEM) == 0
    for gone in (secret, second):
        with pytest.raises(KeyRevoked):
            api_keys.authenticate(session, gone)
    api_keys.authenticate(session, kept)


def test_a_key_of_somebody_who_is_gone_opens_nothing_even_if_nobody_revoked_it(session):
    admin = add_member(session, "admin")
    _, secret = made(session, by=actor_of(admin))
    admin.deactivated_at = clock.now()
    session.flush()
    with pytest.raises(KeyRevoked):
        api_keys.authenticate(session, secret)


def test_a_key_whose_makers_row_is_missing_opens_nothing(session):
    key, secret = made(session)
    api_keys.authenticate(session, secret)
    key.created_by = new_id()
    session.flush()
    with pytest.raises(KeyRevoked):
        api_keys.authenticate(session, secret)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("staff.manage",)}, "scopes"),
        ({"expires_at": clock.now() - HOUR}, "expires_at"),
        ({"expires_at": clock.now() + timedelta(days=4000)}, "expires_at"),
        ({"requests_per_minute": 9}, "requests_per_minute"),
        ({"requests_per_minute": 6001}, "requests_per_minute"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(session, options, field):
    with pytest.raises(Invalid) as refused:
        made(session, **options)
    assert list(refused.value.problems) == [field]


def test_both_secrets_open_the_same_key_while_they_overlap_and_only_the_new_one_after(session):
    key, first = made(session)
    second = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM)
    assert api_keys.authenticate(session, first).actor == api_keys.authenticate(session, second).actor
    assert (api_keys.authenticate(session, first).previous, api_keys.authenticate(session, second).previous) == (
        True,
        False,
    )
    assert key.previous_hint == first[:7]
    with time_machine.travel(clock.now() + DAY + HOUR, tick=False):
        with pytest.raises(KeyReplaced):
            api_keys.authenticate(session, first)
        api_keys.authenticate(session, second)


def test_a_second_rotation_ends_the_oldest_secret_at_once(session):
    key, first = made(session)
    second = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM)
    third = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM)
    with pytest.raises(KeyRequired):
        api_keys.authenticate(session, first)
    for living in (second, third):
        api_keys.authenticate(session, living)


def test_an_old_secret_can_be_ended_early_and_an_overlap_of_nothing_ends_it_at_once(session):
    key, first = made(session)
    api_keys.rotate(session, key, overlap=DAY, by=SYSTEM)
    api_keys.end_previous(session, key, by=SYSTEM)
    api_keys.end_previous(session, key, by=SYSTEM)
    with pytest.raises(KeyReplaced):
        api_keys.authenticate(session, first)
    other, secret = made(session)
    api_keys.rotate(session, other, overlap=timedelta(0), by=SYSTEM)
    with pytest.raises(KeyReplaced):
        api_keys.authenticate(session, secret)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == key.id)).all()
    assert sorted(actions) == ["api_key.created", "api_key.old_secret_ended", "api_key.rotated"]


def test_an_overlap_does_not_keep_a_secret_alive_beyond_its_own_end(session):
    key, first = made(session, expires_at=clock.now() + HOUR)
    second = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM, expires_at=clock.now() + 100 * DAY)
    with time_machine.travel(clock.now() + 2 * HOUR, tick=False):
        with pytest.raises(KeyReplaced):
            api_keys.authenticate(session, first)
        api_keys.authenticate(session, second)


def test_an_expired_key_comes_back_by_rotation_a_revoked_one_does_not(session):
    key, first = made(session, expires_at=clock.now() + HOUR)
    with time_machine.travel(clock.now() + DAY, tick=False):
        with pytest.raises(KeyExpired):
            api_keys.authenticate(session, first)
        second = api_keys.rotate(session, key, overlap=HOUR, by=SYSTEM, expires_at=clock.now() + DAY)
        api_keys.authenticate(session, second)
        with pytest.raises(KeyReplaced):
            api_keys.authenticate(session, first)
        api_keys.revoke(session, key, by=SYSTEM)
        with pytest.raises(Conflict):
            api_keys.rotate(session, key, overlap=HOUR, by=SYSTEM)
        for secret in (first, second):
            with pytest.raises(KeyRevoked):
                api_keys.authenticate(session, secret)


def test_nobody_rotates_a_key_that_may_more_than_they(session):
    key, _ = made(session, scopes=("surveys.delete",))
    for overlap, by in ((timedelta(days=31), SYSTEM), (HOUR, actor_of(add_member(session, "editor")))):
        with pytest.raises(Invalid):
            api_keys.rotate(session, key, overlap=overlap, by=by)


def test_the_last_use_is_written_at_most_every_ten_minutes_for_each_secret(session):
    key, first = made(session)
    opened = api_keys.authenticate(session, first)
    assert opened.stale
    api_keys.note_use(session, opened)
    session.refresh(key)
    used = key.last_used_at
    assert used is not None
    with time_machine.travel(used + timedelta(minutes=9), tick=False):
        assert not api_keys.authenticate(session, first).stale
        api_keys.note_use(session, opened)
        session.refresh(key)
        assert key.last_used_at == used
    with time_machine.travel(used + timedelta(minutes=11), tick=False):
        second = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM)
        assert (key.last_used_at, key.previous_last_used_at) == (None, used)
        api_keys.note_use(session, api_keys.authenticate(session, first))
        session.refresh(key)
        assert key.last_used_at is None
        assert key.previous_last_used_at is not None
        assert key.previous_last_used_at > used
        assert api_keys.authenticate(session, second).stale


def test_two_rotations_at_once_leave_one_key_with_two_secrets(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        key, first = made(session)
    secrets: list[str] = []

    def rotate() -> None:
        with services.db.tenant_session(own_tenant) as session:
            found = api_keys.get(session, key.id)
            secrets.append(api_keys.rotate(session, found, overlap=DAY, by=SYSTEM))

    threads = [threading.Thread(target=rotate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = []
    with services.db.tenant_session(own_tenant) as session:
        for secret in (first, *secrets):
            try:
                opened.append(api_keys.authenticate(session, secret).previous)
            except KeyRequired:
                continue
    assert sorted(opened) == [False, True]
    services.queues.connection.flushdb()


def sent(session, key):
    rows = session.scalars(select(Outbox).where(Outbox.key.like(f"api_key:{key.id.hex}:%"))).all()
    return sorted((row.ref_id, row.key.rpartition(":")[2]) for row in rows)


def test_whoever_made_a_key_and_who_manages_keys_are_told_twice_before_it_ends(session):
    admin, editor = add_member(session, "admin"), add_member(session, "editor")
    add_member(session, "viewer")
    ends = clock.now() + timedelta(days=100)
    key, _ = made(session, by=actor_of(editor), expires_at=ends)
    assert key_reminders.next_at(session) == ends - timedelta(days=14)
    key_reminders.remind(session)
    assert sent(session, key) == []
    with time_machine.travel(ends - timedelta(days=14), tick=False):
        key_reminders.remind(session)
        key_reminders.remind(session)
        session.flush()
        assert {ref for ref, _ in sent(session, key)} == {admin.id, editor.id}
        assert key.remind_at == ends - DAY
    with time_machine.travel(ends - DAY, tick=False):
        key_reminders.remind(session)
        session.flush()
        assert len(sent(session, key)) == 4
        assert key_reminders.next_at(session) is None


def test_a_key_that_never_ends_or_is_revoked_reminds_nobody(session):
    made(session)
    key, _ = made(session, expires_at=clock.now() + 100 * DAY)
    api_keys.revoke(session, key, by=SYSTEM)
    assert key_reminders.next_at(session) is None
    short, _ = made(session, expires_at=clock.now() + 10 * DAY)
    assert short.remind_at == short.expires_at - DAY, "two weeks before, it was not made yet"


def test_the_mail_names_the_key_and_leads_to_its_rotation_and_is_void_once_it_was_rotated(session, acme, settings):
    admin = add_member(session, "admin")
    key, _ = made(session, name="<Web> shop", by=actor_of(admin), expires_at=clock.now() + 100 * DAY)
    with time_machine.travel(key.expires_at - DAY, tick=False):
        key_reminders.remind(session)
        session.flush()
        row = session.scalars(select(Outbox).where(Outbox.ref_id == admin.id, Outbox.key.like("api_key:%"))).one()
        mail = OutgoingMail(row.id, row.purpose, row.ref_id, row.key, row.locale, acme, settings)
        message = key_reminders.expiring(session, mail)
        assert message is not None
        assert f"/console/settings/api-keys/{key.id}/rotation" in message.text
        assert "<Web> shop" in message.text
        assert "&lt;Web&gt; shop" in message.html
        api_keys.rotate(session, key, overlap=DAY, by=SYSTEM, expires_at=clock.now() + 100 * DAY)
        assert key_reminders.expiring(session, mail) is None
    assert session.get(ApiKey, key.id).remind_at == key.expires_at - timedelta(days=14)
