"""Two at once, with real threads and commits: joining, handing over, removing, and acting while removed."""

import threading
from contextvars import Context

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from infra.errors import Conflict, Invalid, NotFound
from surveys import surveys
from surveys.models import Survey
from tenants import api_keys, invitations, offboarding, ownership, passwords, sign_in, staff
from tenants.errors import LinkExpired
from tenants.models import ApiKey, Invitation, StaffMember
from tenants.permissions import Actor
from tests.web.story import PASSWORD, Person, add_member
from web import create_app

NEW_PASSWORD = "nine patient lanterns glow"


def at_once(*tasks):
    """Runs each task in a thread of its own, all from the same moment; what they answered or raised, in order."""
    start, results = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(number, task):
        start.wait()
        try:
            results[number] = task()
        except Exception as problem:  # noqa: BLE001 what was raised is what the test looks at
            results[number] = problem

    threads = [
        threading.Thread(target=Context().run, args=(run, number, task)) for number, task in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def people(services, own_tenant):
    """Ids of an owner, two admins and an editor who work in a tenant of their own."""
    with services.db.tenant_session(own_tenant) as session:
        return [add_member(session, role).id for role in ("owner", "admin", "admin", "editor")]


def member(session, found):
    return session.get_one(StaffMember, found)


def test_of_two_resets_by_one_link_at_once_one_sets_the_password(services, own_tenant, people):
    with services.db.tenant_session(own_tenant) as session:
        link = sign_in.reset_link(services.settings, own_tenant.id, member(session, people[3]))

    def reset(password):
        with services.db.tenant_session(own_tenant) as session:
            sign_in.reset(session, services.settings, link, password)
        return password

    chosen = [NEW_PASSWORD, "eight restless harbours sing"]
    results = at_once(*(lambda password=each: reset(password) for each in chosen))
    (won,) = [each for each in results if isinstance(each, str)]
    assert sum(isinstance(each, LinkExpired) for each in results) == 1
    with services.db.tenant_session(own_tenant) as session:
        assert passwords.fits(member(session, people[3]).password_hash, won)


def test_of_two_who_accept_at_once_one_joins(services, own_tenant, people):
    with services.db.tenant_session(own_tenant) as session:
        found = invitations.invite(
            session, email="kim@else.example", role="editor", workspace="Own", by=Actor("staff", people[0])
        )
        token = invitations.link_token(services.settings, own_tenant.id, found)

    def accept():
        with services.db.tenant_session(own_tenant) as session:
            invitations.accept(session, services.settings, token, name="Kim", password=NEW_PASSWORD, locale="en")
        return "joined"

    results = at_once(accept, accept, accept)
    assert sorted(str(type(each).__name__) for each in results) == ["InvitationUsed", "InvitationUsed", "str"]
    with services.db.tenant_session(own_tenant) as session:
        assert staff.find_by_email(session, "kim@else.example").id == found.id


def test_of_two_who_invite_the_same_address_at_once_one_does(services, own_tenant, people):
    def invite(by):
        with services.db.tenant_session(own_tenant) as session:
            invitations.invite(
                session, email="kim@else.example", role="viewer", workspace="Own", by=Actor("staff", by)
            )
        return "invited"

    results = at_once(lambda: invite(people[0]), lambda: invite(people[1]))
    assert "invited" in results
    assert any(isinstance(each, Invalid) for each in results)
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_two_transfers_at_once_leave_one_owner(services, own_tenant, people):
    owner = people[0]

    def transfer(heir):
        with services.db.tenant_session(own_tenant) as session:
            ownership.transfer(session, member(session, owner), member(session, heir), password=PASSWORD)
        return heir

    results = at_once(lambda: transfer(people[1]), lambda: transfer(people[2]))
    assert sorted(type(each).__name__ for each in results) == ["Conflict", "UUID"]
    with services.db.tenant_session(own_tenant) as session:
        assert staff.owner_of(session).id in results


def test_the_heir_of_a_workspace_who_is_removed_at_once_is_owner_or_gone_not_both(services, own_tenant, people):
    owner, heir, other, _ = people

    def transfer():
        with services.db.tenant_session(own_tenant) as session:
            ownership.transfer(session, member(session, owner), member(session, heir), password=PASSWORD)

    def remove():
        with services.db.tenant_session(own_tenant) as session:
            offboarding.remove(session, member(session, heir), {}, by=Actor("staff", other))

    results = at_once(transfer, remove)
    assert sum(isinstance(each, Conflict | NotFound) for each in results) == 1
    with services.db.tenant_session(own_tenant) as session:
        assert staff.owner_of(session).deactivated_at is None


def test_two_who_remove_each_other_at_once_leave_at_most_one_of_them(services, own_tenant, people):
    app = create_app(services)
    admins = [Person(app, role="admin").at(own_tenant) for _ in range(2)]

    def remove(who, other):
        return who.client.open(
            who.address("console.settings.remove", other.member_id),
            method="POST",
            base_url=f"http://{who.host}",
            headers={"X-CSRFToken": who.csrf()},
        )

    results = at_once(lambda: remove(admins[0], admins[1]), lambda: remove(admins[1], admins[0]))
    assert all(not isinstance(each, Exception) for each in results)
    assert {each.status_code for each in results} <= {303, 403, 404, 409}
    with services.db.tenant_session(own_tenant) as session:
        gone = [member(session, each.member_id).deactivated_at is not None for each in admins]
    assert gone.count(True) == 1


def test_nothing_that_somebody_writes_is_stored_after_their_removal(services, own_tenant, people):
    """An admin makes keys and surveys as fast as they can, in three browsers, while the owner removes them."""
    app = create_app(services)
    admin = Person(app, role="admin").at(own_tenant)
    removed = threading.Event()
    late = []

    def act(number):
        person = Person(app)
        person.tenant, person.host, person.role = admin.tenant, admin.host, "admin"
        person.client._cookies.update(admin.client._cookies)
        for round in range(40):
            was_removed = removed.is_set()
            answer = person.client.open(
                person.address("console.surveys.create"),
                method="POST",
                base_url=f"http://{person.host}",
                headers={"X-CSRFToken": person.csrf()},
                data={"name": f"Made {number} {round}", "template": "", "language": "en"},
            )
            signed_out = answer.status_code == 303 and "sign-in" in answer.location
            if was_removed and not signed_out:
                late.append(answer.status_code)
            if signed_out:
                return "out"
        return "never out"

    def remove():
        with services.db.tenant_session(own_tenant) as session:
            key, _ = api_keys.create(
                session,
                name="Theirs",
                scopes=["surveys.read"],
                by=Actor("staff", admin.member_id, frozenset({"surveys.read"})),
            )
        while True:
            try:
                with services.db.tenant_session(own_tenant) as session:
                    heirs = {"surveys": people[0]}
                    offboarding.remove(
                        session, member(session, admin.member_id), heirs, by=Actor("staff", people[0])
                    )
                break
            except OperationalError:
                continue
        removed.set()
        return key.id

    *actors, key_id = at_once(*(lambda number=number: act(number) for number in range(3)), remove)
    assert actors == ["out"] * 3
    assert late == []
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).where(Survey.owner_id == admin.member_id)) == 0
        assert session.get_one(ApiKey, key_id).revoked_at is not None


def test_a_survey_that_is_being_made_is_handed_on_too(services, own_tenant, people):
    """The removal waits for the transaction in which the leaver is just making something."""
    made, go_on = threading.Event(), threading.Event()
    editor = people[3]

    def make():
        with services.db.tenant_session(own_tenant) as session:
            staff.share(session, member(session, editor))
            surveys.create(session, "The last one", zone="UTC", by=editor)
            session.flush()
            made.set()
            assert go_on.wait(10)

    def remove():
        assert made.wait(10)
        with services.db.tenant_session(own_tenant) as session:
            threading.Timer(0.2, go_on.set).start()
            offboarding.remove(
                session, member(session, editor), {"surveys": people[0]}, by=Actor("staff", people[0])
            )
        return "removed"

    assert at_once(make, remove) == [None, "removed"]
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalars(select(Survey.owner_id)).all() == [people[0]]
