"""Setting an app up, what its codes and the recovery codes open, and how often."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select, text

from infra.clock import now
from infra.errors import Conflict, Forbidden, Invalid
from infra.mail.models import Outbox
from tenants import second_factor, sessions, staff
from tenants.errors import CodeWrong
from tenants.models import AuditEntry, StaffMember
from tenants.permissions import SYSTEM, Actor
from tests.support.second_factor import code_of, give, wrong_code
from tests.web.story import PASSWORD, add_member


@pytest.fixture
def ada(session):
    return add_member(session, "admin", email="ada@acme.example")


def living(session, member):
    return sessions.find(session, sessions.start(session, member))[1]


def recorded(session, action):
    return session.scalar(select(func.count()).where(AuditEntry.action == action))


def mails(session, purpose):
    return session.scalar(select(func.count()).where(Outbox.purpose == purpose))


def test_an_offered_app_opens_nothing_until_it_is_confirmed(session, ada):
    secret = second_factor.offer(session, ada)
    assert second_factor.find(session, ada) is None
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, code_of(secret))


def test_the_first_code_turns_it_on_and_brings_ten_recovery_codes(session, ada):
    secret = second_factor.offer(session, ada)
    codes = second_factor.confirm(session, ada, code_of(secret), living=living(session, ada))
    assert len(codes) == 10
    assert second_factor.find(session, ada) is not None
    assert recorded(session, "staff.second_factor_set_up") == 1
    assert mails(session, second_factor.SET_UP_MAIL) == 1


def test_turning_it_on_ends_every_other_session(session, ada):
    elsewhere, here = sessions.start(session, ada), living(session, ada)
    secret = second_factor.offer(session, ada)
    second_factor.confirm(session, ada, code_of(secret), living=here)
    assert sessions.find(session, elsewhere) is None
    assert sessions.list_living(session, ada) == [here]


def test_a_wrong_first_code_changes_nothing(session, ada):
    secret = second_factor.offer(session, ada)
    with pytest.raises(Invalid):
        second_factor.confirm(session, ada, wrong_code(secret), living=living(session, ada))
    assert second_factor.find(session, ada) is None


def test_an_offer_waits_for_an_hour(session, ada):
    secret, here = second_factor.offer(session, ada), living(session, ada)
    with time_machine.travel(now() + second_factor.OFFER_LIVES + timedelta(minutes=1)), pytest.raises(Invalid):
        second_factor.confirm(session, ada, code_of(secret), living=here)


def test_secret_and_recovery_codes_are_not_readable_in_the_database(session, ada):
    secret, codes = give(session, ada)
    query = text("SELECT secret, recovery_hashes FROM second_factors WHERE staff_id = :id")
    row = session.execute(query, {"id": ada.id}).one()
    stored = bytes(row.secret) + b"".join(row.recovery_hashes)
    assert len(stored) > 10 * 32
    assert secret.encode() not in stored
    assert not any(code.encode() in stored for code in codes)


def test_a_code_is_accepted_once(session, ada):
    secret, _ = give(session, ada)
    second_factor.check(session, ada, code_of(secret))
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, code_of(secret))


def test_the_code_that_set_it_up_does_not_sign_in(session, ada):
    secret = second_factor.offer(session, ada)
    second_factor.confirm(session, ada, code_of(secret), living=living(session, ada))
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, code_of(secret))


def test_a_recovery_code_is_accepted_once_and_told_by_mail(session, ada):
    _, codes = give(session, ada)
    second_factor.check(session, ada, codes[3].upper())
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, codes[3])
    second_factor.check(session, ada, codes[4])
    assert recorded(session, "staff.recovery_code_used") == 2
    assert mails(session, second_factor.RECOVERY_MAIL) == 2


def test_new_recovery_codes_replace_the_old_ones(session, ada):
    _, old = give(session, ada)
    new = second_factor.renew_recovery_codes(session, ada)
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, old[0])
    second_factor.check(session, ada, new[0])


def test_the_codes_of_one_open_nothing_of_another(session, ada):
    other = add_member(session, "editor")
    give(session, other)
    secret, codes = give(session, ada)
    for code in (code_of(secret), codes[0]):
        with pytest.raises(CodeWrong):
            second_factor.check(session, other, code)


def test_moving_to_another_phone_keeps_the_old_one_until_the_new_one_is_confirmed(session, ada):
    old, _ = give(session, ada)
    new = second_factor.offer(session, ada)
    second_factor.check(session, ada, code_of(old))
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, code_of(new))
    second_factor.confirm(session, ada, code_of(new), living=living(session, ada))
    with pytest.raises(CodeWrong):
        second_factor.check(session, ada, code_of(old, steps=1))
    second_factor.check(session, ada, code_of(new, steps=1))


def test_turning_it_off_takes_password_and_code(session, ada):
    secret, _ = give(session, ada)
    with pytest.raises(Invalid):
        second_factor.turn_off(session, ada, password="not the password", code=code_of(secret))
    with pytest.raises(Invalid):
        second_factor.turn_off(session, ada, password=PASSWORD, code=wrong_code(secret))
    second_factor.turn_off(session, ada, password=PASSWORD, code=code_of(secret))
    assert second_factor.find(session, ada) is None
    assert mails(session, second_factor.TURNED_OFF_MAIL) == 1


def test_where_everybody_needs_one_nobody_turns_it_off(session, ada):
    secret, _ = give(session, ada)
    second_factor.set_required(session, True, by=Actor("staff", ada.id))
    with pytest.raises(Conflict):
        second_factor.turn_off(session, ada, password=PASSWORD, code=code_of(secret))


def test_who_asks_everybody_has_one(session, ada):
    by = Actor("staff", ada.id)
    with pytest.raises(Conflict):
        second_factor.set_required(session, True, by=by)
    give(session, ada)
    second_factor.set_required(session, True, by=by)
    second_factor.set_required(session, True, by=by)
    assert second_factor.is_required(session)
    second_factor.set_required(session, False, by=by)
    assert not second_factor.is_required(session)
    assert recorded(session, "settings.second_factor_required") == 1
    assert recorded(session, "settings.second_factor_optional") == 1


def test_a_reset_ends_the_sessions_and_is_told_by_mail(session, ada):
    eve = add_member(session, "editor")
    give(session, eve)
    token = sessions.start(session, eve)
    second_factor.reset(session, eve, by=Actor("staff", ada.id))
    assert second_factor.find(session, eve) is None
    assert sessions.find(session, token) is None
    assert mails(session, second_factor.RESET_MAIL) == 1
    second_factor.reset(session, eve, by=Actor("staff", ada.id))
    assert recorded(session, "staff.second_factor_reset") == 1


def test_nobody_resets_their_own_or_the_owners(session, ada):
    owner = add_member(session, "owner")
    for member in (owner, ada):
        give(session, member)
        with pytest.raises(Forbidden):
            second_factor.reset(session, member, by=Actor("staff", ada.id))
    second_factor.reset(session, owner, by=SYSTEM)
    assert second_factor.find(session, owner) is None


def test_who_lacks_one_stands_first(session, ada):
    eve = add_member(session, "editor")
    give(session, ada)
    mine = [(member.id, has) for member, has in second_factor.list_colleagues(session) if member in (ada, eve)]
    assert mine == [(eve.id, False), (ada.id, True)]


def _member(services, tenant):
    with services.db.tenant_session(tenant) as session:
        member = add_member(session, "admin")
        return member.id, *give(session, member)


def _at_once(services, tenant, member_id, code, times):
    """How many of so many who come with the same code at the same moment are let in."""
    ready = Barrier(times)

    def attempt():
        with services.db.tenant_session(tenant) as session:
            member = session.get(StaffMember, member_id)
            second_factor.find(session, member)  # everybody has read the row before anybody holds it
            ready.wait(10)
            try:
                second_factor.check(session, member, code)
            except CodeWrong:
                return 0
            return 1

    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(lambda _: Context().run(attempt), range(times)))


def test_of_six_who_come_with_the_same_code_at_once_one_is_let_in(services, own_tenant):
    member_id, secret, _ = _member(services, own_tenant)
    assert _at_once(services, own_tenant, member_id, code_of(secret), 6) == 1
    assert _at_once(services, own_tenant, member_id, code_of(secret), 6) == 0


def test_of_six_who_come_with_the_same_recovery_code_at_once_one_is_let_in(services, own_tenant):
    member_id, _, codes = _member(services, own_tenant)
    assert _at_once(services, own_tenant, member_id, codes[0], 6) == 1
    with services.db.tenant_session(own_tenant) as session:
        factor = second_factor.find(session, staff.get(session, member_id))
        assert len(factor.recovery_hashes) == 9
