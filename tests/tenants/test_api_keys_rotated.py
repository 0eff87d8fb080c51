"""Rotated API keys: the end of a key ends both its secrets, and who rotated it counts like who made it."""

import pytest
import time_machine

from infra import clock
from infra.ids import new_id
from tenants import api_keys, offboarding
from tenants.errors import KeyExpired, KeyReplaced, KeyRevoked
from tenants.permissions import SCOPES, SYSTEM, of_role
from tests.tenants.test_api_keys import DAY, HOUR, actor_of, made
from tests.web.story import add_member


@pytest.mark.parametrize("first_end", [None, 100 * DAY])
def test_an_overlap_does_not_keep_an_old_secret_alive_beyond_the_new_end_of_the_key(session, first_end):
    key, first = made(session, expires_at=first_end and clock.now() + first_end)
    ends = clock.now() + HOUR
    second = api_keys.rotate(session, key, overlap=DAY, by=SYSTEM, expires_at=ends)
    assert key.previous_expires_at == ends
    api_keys.authenticate(session, first)
    with time_machine.travel(ends + HOUR, tick=False):
        with pytest.raises(KeyReplaced):
            api_keys.authenticate(session, first)
        with pytest.raises(KeyExpired):
            api_keys.authenticate(session, second)


def test_the_end_of_a_key_holds_for_its_old_secret_whatever_its_row_says_of_that(session):
    key, first = made(session)
    api_keys.rotate(session, key, overlap=DAY, by=SYSTEM, expires_at=clock.now() + HOUR)
    key.previous_expires_at = clock.now() + DAY  # as rows stand that were written before the new end bounded it
    session.flush()
    with time_machine.travel(clock.now() + 2 * HOUR, tick=False), pytest.raises(KeyExpired):
        api_keys.authenticate(session, first)


def test_a_key_that_somebody_rotated_ends_when_they_leave_for_they_saw_its_secret(session):
    owner, admin = add_member(session, "owner"), add_member(session, "admin")
    key, first = made(session, by=actor_of(owner))
    second = api_keys.rotate(session, key, overlap=DAY, by=actor_of(admin))
    estate = offboarding.estate_of(session, admin)
    assert ([each.id for each in estate.keys], list(estate.old_secrets)) == ([key.id], [])
    offboarding.remove(session, admin, {}, by=actor_of(owner))
    session.expire_all()
    assert key.revoked_at is not None
    for secret in (first, second):
        with pytest.raises(KeyRevoked):
            api_keys.authenticate(session, secret)


def test_a_secret_that_somebody_else_replaced_since_ends_and_the_key_goes_on(session):
    owner, admin = add_member(session, "owner"), add_member(session, "admin")
    key, _ = made(session, by=actor_of(owner))
    theirs = api_keys.rotate(session, key, overlap=DAY, by=actor_of(admin))
    second = api_keys.rotate(session, key, overlap=DAY, by=actor_of(owner))
    estate = offboarding.estate_of(session, admin)
    assert (list(estate.keys), [each.id for each in estate.old_secrets]) == ([], [key.id])
    api_keys.authenticate(session, theirs)
    offboarding.remove(session, admin, {}, by=actor_of(owner))
    assert key.previous_expires_at <= clock.now()
    with pytest.raises(KeyRevoked):
        api_keys.authenticate(session, theirs)
    api_keys.authenticate(session, second)
    assert not offboarding.estate_of(session, admin).old_secrets


def test_a_secret_opens_what_both_its_maker_and_whoever_rotated_it_may(session):
    owner, admin = add_member(session, "owner"), add_member(session, "admin")
    key, first = made(session, scopes=SCOPES, by=actor_of(owner))
    second = api_keys.rotate(session, key, overlap=DAY, by=actor_of(admin))
    admin.role = "viewer"
    session.flush()
    assert api_keys.authenticate(session, first).actor.permissions == set(SCOPES)
    assert api_keys.authenticate(session, second).actor.permissions == set(SCOPES) & of_role("viewer")
    admin.deactivated_at = clock.now()  # even if nobody revoked it
    session.flush()
    with pytest.raises(KeyRevoked):
        api_keys.authenticate(session, second)
    api_keys.authenticate(session, first)
    admin.deactivated_at, key.rotated_by = None, new_id()
    session.flush()
    with pytest.raises(KeyRevoked):
        api_keys.authenticate(session, second)
