"""A request that commits half-way and goes on: whoever lost their rights meanwhile does not finish it."""

import io
import threading
from contextvars import Context

import pytest
from PIL import Image
from sqlalchemy import func, select

from tenants import branding, offboarding, sessions
from tenants.models import AuditEntry, StaffMember
from tenants.permissions import Actor
from tests.web.story import Person, add_member
from web import create_app


@pytest.fixture
def owner_id(services, own_tenant):
    with services.db.tenant_session(own_tenant) as session:
        return add_member(session, "owner").id


@pytest.fixture
def admin(services, own_tenant, owner_id):
    return Person(create_app(services), role="admin").at(own_tenant)


def picture():
    data = io.BytesIO()
    Image.new("RGB", (80, 40), "red").save(data, "PNG")
    return io.BytesIO(data.getvalue()), "logo.png"


def send_logo(admin, monkeypatch, *, expect, meanwhile):
    """Uploads a logo; while it is being stored, and no transaction is open, something happens elsewhere."""
    store = branding.store_logo

    def storing(*given):
        thread = threading.Thread(target=Context().run, args=(meanwhile,))
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "it had to wait for the request"
        return store(*given)

    monkeypatch.setattr(branding, "store_logo", storing)
    data = {"logo": picture()}
    return admin.post("console.settings.save_logo", data=data, content_type="multipart/form-data", expect=expect)


def logo_changes(services, tenant):
    with services.db.tenant_session(tenant) as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == "brand.logo_changed"))


def test_who_is_removed_half_way_does_not_finish(services, own_tenant, owner_id, admin, monkeypatch):
    def remove():
        with services.db.tenant_session(own_tenant) as session:
            member = session.get_one(StaffMember, admin.member_id)
            offboarding.remove(session, member, {"surveys": owner_id}, by=Actor("staff", owner_id))

    answer = send_logo(admin, monkeypatch, expect=303, meanwhile=remove)
    assert "/sign-in" in answer.location
    assert logo_changes(services, own_tenant) == 0


def test_whose_session_is_ended_half_way_does_not_finish(services, own_tenant, admin, monkeypatch):
    def end():
        with services.db.tenant_session(own_tenant) as session:
            member = session.get_one(StaffMember, admin.member_id)
            sessions.end_all(session, member, by=Actor("staff", member.id))

    answer = send_logo(admin, monkeypatch, expect=303, meanwhile=end)
    assert "/sign-in" in answer.location
    assert logo_changes(services, own_tenant) == 0


def test_who_loses_the_permission_half_way_does_not_finish(services, own_tenant, admin, monkeypatch):
    def weaken():  # as if the session had been spared
        with services.db.tenant_session(own_tenant) as session:
            session.get_one(StaffMember, admin.member_id).role = "viewer"

    send_logo(admin, monkeypatch, expect=403, meanwhile=weaken)
    assert logo_changes(services, own_tenant) == 0


def test_who_keeps_their_rights_finishes(services, own_tenant, admin, monkeypatch):
    send_logo(admin, monkeypatch, expect=303, meanwhile=lambda: None)
    assert logo_changes(services, own_tenant) == 1
