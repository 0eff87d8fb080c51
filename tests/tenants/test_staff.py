"""The table of permissions, offboarding, ownership, and the index that finds a workspace by an address."""

import pytest
from sqlalchemy import delete, select

from infra.crypto.normal import email as normal_email
from infra.errors import Conflict, Forbidden, Invalid
from infra.ids import new_id
from infra.mail.models import Outbox
from surveys import surveys
from surveys.models import Survey
from tenants import (
    api_keys,
    invitations,
    offboarding,
    owned,
    ownership,
    roles,
    sessions,
    sign_in,
    staff,
    staff_index,
)
from tenants.errors import KeyRequired, LinkExpired
from tenants.models import StaffIndex, StaffMember
from tenants.permissions import (
    GIVES,
    OWNER,
    PERMISSIONS,
    ROLES,
    SCOPES,
    TABLE,
    Actor,
    may_give,
    of_role,
    of_scopes,
)
from tests.web.story import PASSWORD, add_member
from web import registries


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


def acting(session, role):
    return Actor("staff", add_member(session, role).id)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
def test_every_permission_is_a_verb_on_a_noun_with_words_and_roles(line):
    noun, _, verb = line.name.partition(".")
    assert noun.replace("_", "").isalpha()
    assert verb.replace("_", "").isalpha()
    assert line.roles
    assert line.roles <= set(ROLES)
    assert line.words[0].isupper()
    assert not line.words.endswith(".")


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_pages_and_keys_ask_the_same_table(permission):
    for role in ROLES:
        assert (permission in of_role(role)) == (role in PERMISSIONS[permission])
        assert Actor("staff", new_id(), of_role(role)).may(permission) == (role in PERMISSIONS[permission])
    assert (permission in of_scopes([permission])) == (permission in SCOPES)


def test_who_is_no_admin_gives_no_role_and_nobody_gives_the_owners():
    assert {giver for giver in ROLES if GIVES.get(giver)} == {"owner", "admin"}
    assert not any(may_give(giver, OWNER) for giver in ROLES)
    assert of_role("queen") == frozenset()


def test_there_is_one_owner_whatever_anybody_does(session):
    add_member(session, "owner")
    with pytest.raises(Exception, match="uq_staff_members_owner"), session.begin_nested():
        add_member(session, "owner")


def test_an_address_is_free_again_when_somebody_has_left(session):
    first = add_member(session, "editor", email="kim@acme.example")
    offboarding.remove(session, first, {}, by=acting(session, "admin"))
    second = add_member(session, "viewer", email="KIM@acme.example")
    session.flush()
    assert staff.find_by_email(session, "kim@acme.example") is second
    assert staff.name_of(session, first.id) == "Editor"


def test_removal_shuts_every_door(session, services, acme):
    admin, member = acting(session, "admin"), add_member(session, "admin")
    by = Actor("staff", member.id, of_role("admin"))
    token = sessions.start(session, member)
    code = sign_in.make_code(session, services.settings, member)
    reset = sign_in.reset_link(services.settings, acme.id, member)
    key, secret = api_keys.create(session, name="Theirs", scopes=["surveys.read"], by=by)
    sent = invitations.invite(session, email="x@else.example", role="viewer", workspace="Acme", by=by)
    offboarding.remove(session, member, {}, by=admin)
    session.expire_all()
    assert sessions.find(session, token) is None
    with pytest.raises(LinkExpired):
        sign_in.enter(session, services.settings, code)
    with pytest.raises(LinkExpired):
        sign_in.check_reset(session, services.settings, reset)
    with pytest.raises(KeyRequired):
        api_keys.authenticate(session, secret)
    assert key.revoked_at is not None
    assert sent.withdrawn_at is not None
    assert member.password_hash is None
    assert (
        session.scalars(select(Outbox.ref_id).where(Outbox.purpose == offboarding.REMOVED_MAIL)).one() == member.id
    )


def test_what_is_owned_needs_an_heir_of_its_own_sort(session):
    admin, member = acting(session, "admin"), add_member(session, "editor")
    mine = [surveys.create(session, f"Mine {n}", zone="UTC", by=member.id) for n in range(3)]
    session.flush()
    assert [(kind.name, number) for kind, number in owned.counts(session, member.id)] == [("surveys", 3)]
    with pytest.raises(Invalid) as refused:
        offboarding.remove(session, member, {}, by=admin)
    assert refused.value.problems == {"heir_surveys": [offboarding.HEIR_MISSING]}
    offboarding.remove(session, member, {"surveys": admin.id}, by=admin)
    session.expire_all()
    assert {session.get(Survey, survey.id).owner_id for survey in mine} == {admin.id}
    assert {session.get(Survey, survey.id).created_by for survey in mine} == {member.id}


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_who_is_no_admin_removes_nobody_and_changes_no_role(session, role):
    by, other = acting(session, role), add_member(session, "viewer")
    with pytest.raises(Forbidden):
        offboarding.remove(session, other, {}, by=by)
    with pytest.raises(Forbidden):
        roles.change(session, other, "viewer" if role == "admin" else "editor", by=by)


def test_the_owner_is_not_removed_and_nobody_removes_themselves(session):
    owner, admin = add_member(session, "owner"), add_member(session, "admin")
    with pytest.raises(Conflict):
        offboarding.remove(session, owner, {}, by=Actor("staff", admin.id))
    with pytest.raises(Conflict):
        offboarding.remove(session, admin, {}, by=Actor("staff", admin.id))
    with pytest.raises(Conflict):
        offboarding.leave(session, owner, {})


def test_who_was_the_owner_hands_nothing_over_a_second_time(session):
    owner, one, two = (add_member(session, role) for role in ("owner", "admin", "viewer"))
    ownership.transfer(session, owner, one, password=PASSWORD)
    with pytest.raises(Conflict):
        ownership.transfer(session, owner, two, password=PASSWORD)
    assert staff.owner_of(session) is one
    told = session.scalars(select(Outbox.ref_id).where(Outbox.purpose.like("staff.ownership%"))).all()
    assert sorted(told) == sorted([owner.id, one.id])


def lines(services, tenant):
    with services.db.control_session() as session:
        return set(session.scalars(select(StaffIndex.email_index).where(StaffIndex.tenant_id == tenant.id)))


def index_of(services, *addresses):
    return {services.keys.platform.blind("email", normal_email(address)) for address in addresses}


def test_the_index_learns_who_came_went_and_moved_and_only_that(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        ada = add_member(session, "owner", email="Ada@own.example")
        bo = add_member(session, "admin", email="bo@own.example")
        assert staff_index.has_untold(session)
    staff_index.tell_control(services, own_tenant)
    assert lines(services, own_tenant) == index_of(services, "ada@own.example", "bo@own.example")
    with services.db.tenant_session(own_tenant) as session:
        assert not staff_index.has_untold(session)
        offboarding.leave(session, session.get_one(StaffMember, bo.id), {})
        moved = session.get_one(StaffMember, ada.id)
        moved.email = "ada@moved.example"
        staff_index.mark(session, moved)
    staff_index.tell_control(services, own_tenant)
    staff_index.tell_control(services, own_tenant)
    assert lines(services, own_tenant) == index_of(services, "ada@moved.example")
    with services.db.control_session() as session:
        session.execute(delete(StaffIndex).where(StaffIndex.tenant_id == own_tenant.id))


def test_a_step_that_died_after_the_control_plane_was_told_is_taken_up(services, own_tenant, monkeypatch):
    with services.db.tenant_session(own_tenant) as session:
        add_member(session, "owner", email="ada@own.example")

    class Died(Exception):
        pass

    real, calls = services.db.tenant_session, []

    def dies_the_second_time(tenant, **options):
        calls.append(tenant)
        if len(calls) == 2:
            raise Died
        return real(tenant, **options)

    monkeypatch.setattr(services.db, "tenant_session", dies_the_second_time)
    with pytest.raises(Died):
        staff_index.tell_control(services, own_tenant)
    monkeypatch.undo()
    with services.db.tenant_session(own_tenant) as session:
        assert staff_index.has_untold(session)
    staff_index.tell_control(services, own_tenant)
    assert lines(services, own_tenant) == index_of(services, "ada@own.example")
    with services.db.tenant_session(own_tenant) as session:
        assert not staff_index.has_untold(session)
