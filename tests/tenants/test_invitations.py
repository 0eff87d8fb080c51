"""Inviting colleagues: who may, to what, how often, and what becomes of a link."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra import clock, crypto
from infra.crypto import KeyDestroyed
from infra.errors import Conflict, Invalid, TooMany
from infra.mail.models import Outbox
from tenants import invitations, roles
from tenants.models import AuditEntry, Invitation, StaffMember
from tenants.permissions import Actor
from tests.web.story import add_member

PASSWORD = "nine patient lanterns glow"


@pytest.fixture
def admin(session):
    member = add_member(session, "admin")
    return Actor("staff", member.id)


def invite(session, by, email="kim@acme.example", role="editor", **more):
    return invitations.invite(session, email=email, role=role, workspace="Acme", by=by, **more)


def link(services, acme, invitation):
    return invitations.link_token(services.settings, acme.id, invitation)


def accept(session, services, token, **more):
    typed = {"name": "Kim Öz", "password": PASSWORD, "locale": "de", **more}
    return invitations.accept(session, services.settings, token, **typed)


def later(monkeypatch, **by):
    moment = clock.now() + timedelta(**by)
    for module in ("tenants.invitations", "infra.clock"):
        monkeypatch.setattr(f"{module}.now", lambda: moment)


def problem(refused, field):
    return refused.value.problems[field]


def test_whoever_accepts_is_staff_with_the_role_and_the_name_they_chose(session, services, acme, admin):
    found = invite(session, admin, name="Kim")
    member, _ = accept(session, services, link(services, acme, found))
    assert (member.id, member.role, member.name, member.locale) == (found.id, "editor", "Kim Öz", "de")
    assert member.email == "kim@acme.example"
    kinds = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == member.id)).all()
    assert {"staff.invited", "staff.invitation_accepted", "staff.signed_in"} <= set(kinds)
    assert "staff.added" not in kinds


def test_one_mail_is_asked_for_and_one_more_when_it_is_sent_again(session, admin, monkeypatch):
    found = invite(session, admin)
    later(monkeypatch, minutes=5)
    invitations.resend(session, found, by=admin)
    mails = session.scalars(select(Outbox).where(Outbox.purpose == invitations.MAIL)).all()
    assert [mail.ref_id for mail in mails] == [found.id, found.id]


def test_looking_at_the_link_spends_nothing(session, services, acme, admin):
    token = link(services, acme, invite(session, admin))
    for _ in range(3):
        assert invitations.check(session, services.settings, token).accepted_at is None
    accept(session, services, token)
    with pytest.raises(invitations.InvitationUsed):
        invitations.check(session, services.settings, token)


def test_a_poor_password_or_name_leaves_the_invitation_open(session, services, acme, admin):
    token = link(services, acme, invite(session, admin))
    for typed in ({"password": "short"}, {"password": "kim@acme.example"}, {"name": " "}, {"name": "x" * 81}):
        with pytest.raises(Invalid):
            accept(session, services, token, **typed)
    accept(session, services, token)


def test_a_link_of_one_tenant_opens_nothing_at_another(joined, session, services, acme, globex, admin):
    token = invitations.link_token(services.settings, globex.id, invite(session, admin))
    with pytest.raises(invitations.InvitationOver):
        invitations.check(session, services.settings, token)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-2], lambda t: "x" + t, lambda t: t.replace(".", ""), lambda t: "é"]
)
def test_a_link_that_was_changed_is_not_ours(session, services, acme, admin, change):
    with pytest.raises(invitations.InvitationOver):
        invitations.check(session, services.settings, change(link(services, acme, invite(session, admin))))


def test_after_seven_days_the_link_says_so_and_sending_it_again_brings_it_back(
    session, services, acme, admin, monkeypatch
):
    found = invite(session, admin)
    token = link(services, acme, found)
    later(monkeypatch, days=7, minutes=1)
    with pytest.raises(invitations.InvitationExpired):
        accept(session, services, token)
    invitations.resend(session, found, by=admin)
    accept(session, services, token)


def test_an_address_whose_invitation_ran_out_can_be_invited_anew(session, services, acme, admin, monkeypatch):
    old = invite(session, admin, role="viewer")
    later(monkeypatch, days=8)
    new = invite(session, admin, role="analyst")
    with pytest.raises(invitations.InvitationWithdrawn):
        invitations.check(session, services.settings, link(services, acme, old))
    assert accept(session, services, link(services, acme, new))[0].role == "analyst"


def test_a_withdrawn_invitation_says_so_and_is_not_sent_again(session, services, acme, admin):
    found = invite(session, admin)
    invitations.withdraw(session, found, by=admin)
    invitations.withdraw(session, found, by=admin)
    with pytest.raises(invitations.InvitationWithdrawn):
        accept(session, services, link(services, acme, found))
    with pytest.raises(Conflict):
        invitations.resend(session, found, by=admin)


def test_an_accepted_invitation_cannot_be_withdrawn(session, services, acme, admin):
    found = invite(session, admin)
    accept(session, services, link(services, acme, found))
    with pytest.raises(Conflict):
        invitations.withdraw(session, found, by=admin)


@pytest.mark.parametrize("spelling", ["Kim@acme.example", " KIM@ACME.EXAMPLE "])
def test_an_address_is_invited_once_and_staff_not_at_all(session, services, acme, admin, spelling):
    found = invite(session, admin)
    with pytest.raises(Invalid) as refused:
        invite(session, admin, email=spelling)
    assert problem(refused, "email") == [invitations.ALREADY_INVITED]
    accept(session, services, link(services, acme, found))
    with pytest.raises(Invalid) as refused:
        invite(session, admin, email=spelling)
    assert problem(refused, "email") == [invitations.ALREADY_STAFF]


@pytest.mark.parametrize(
    ("giver", "may"),
    [
        ("owner", {"admin", "editor", "analyst", "viewer"}),
        ("admin", {"admin", "editor", "analyst", "viewer"}),
        ("editor", set()),
        ("analyst", set()),
        ("viewer", set()),
    ],
)
def test_nobody_gives_a_role_beyond_the_table(session, giver, may):
    by = Actor("staff", add_member(session, giver).id)
    for role in ("owner", "admin", "editor", "analyst", "viewer", "queen"):
        address = f"{role}@else.example"
        if role in may:
            assert invite(session, by, email=address, role=role).role == role
        else:
            with pytest.raises(Invalid) as refused:
                invite(session, by, email=address, role=role)
            assert "role" in refused.value.problems


@pytest.mark.parametrize(
    "name",
    [
        "Win at www.cheap.example",
        "https://x.example",
        "cheap-pills.com",
        "a@b.example",
        "Claim 500 EUR at bit.ly/win",
        "gewinn.de/los",
        "t.me/hot",
        "T.ME/HOT",
        "evil.shop/x",
        "evil.app",
        "EVIL.App",
        "evil。app",
        "e\u200bvil.app",
    ],
)
def test_a_name_is_no_place_for_advertising(session, admin, name):
    with pytest.raises(Invalid) as refused:
        invite(session, admin, name=name)
    assert "name" in refused.value.problems


@pytest.mark.parametrize(
    "name", ["J.R.R. Tolkien", "J.de Boer", "Dr.No", "St.John Smith", "Mary-Ann O’Neil", "A. de.", "Иван Петров"]
)
def test_a_name_with_dots_is_a_name(session, admin, name):
    assert invite(session, admin, name=name).name == name


def test_the_same_invitation_is_not_sent_again_at_once_nor_without_end(session, admin, monkeypatch):
    found = invite(session, admin)
    with pytest.raises(TooMany):
        invitations.resend(session, found, by=admin)
    for number in range(1, invitations.MOST_TIMES):
        later(monkeypatch, minutes=3 * number)
        invitations.resend(session, found, by=admin)
    later(monkeypatch, days=1)
    with pytest.raises(Conflict):
        invitations.resend(session, found, by=admin)


def test_a_workspace_sends_so_many_invitations_a_day(session, admin, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_PER_DAY", 2)
    for number in range(2):
        invite(session, admin, email=f"n{number}@else.example")
    with pytest.raises(TooMany):
        invite(session, admin, email="n3@else.example")


def test_who_loses_the_right_to_give_a_role_loses_the_invitations_to_it(session, admin):
    owner = Actor("staff", add_member(session, "owner").id)
    to_admin = invite(session, admin, email="a@else.example", role="admin")
    member = session.get(StaffMember, admin.id)
    roles.change(session, member, "editor", by=owner)
    session.refresh(to_admin)
    assert to_admin.withdrawn_at is not None


def test_what_ended_a_month_ago_is_forgotten_with_its_key(session, services, acme, admin, monkeypatch):
    found, kept = invite(session, admin), invite(session, admin, email="else@acme.example")
    member, _ = accept(session, services, link(services, acme, kept))
    gone = found.id
    assert not invitations.has_old(session)
    later(monkeypatch, days=38)
    assert invitations.has_old(session)
    invitations.forget_old(session)
    session.flush()
    assert session.scalars(select(Invitation)).all() == []
    cipher = crypto.current_keys().for_tenant(acme)
    session.expire_all()
    assert session.get(StaffMember, member.id).email == "else@acme.example"
    with pytest.raises(KeyDestroyed):
        cipher.encrypt(gone, "anything")
