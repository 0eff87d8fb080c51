"""Each mail the product sends can be made, in each language that is shipped, and says the same in text and HTML."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import worker
from infra import i18n
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.mime import build
from infra.mail.purposes import OutgoingMail
from infra.services import Services
from tenants import invitations, offboarding, permissions, sign_up, staff
from tenants.models import StaffIndex, StaffToken, WorkspaceRequest
from tenants.profile import ADDRESS_LIVES
from tenants.webhooks.models import WebhookEndpoint

ADDRESS = "zoe@example.org"
Made = tuple[Session, UUID, TenantRef | None]


@contextmanager
def verify(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.control_session() as session:
        wish = sign_up.request(
            session,
            services.keys,
            business_name="Zoë's Bakery",
            slug="zoes-bakery",
            email=ADDRESS,
            password="long enough, I hope",
            locale="de",
        )
        yield session, wish.id, None


@contextmanager
def workspaces(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.control_session() as session:
        sign_up.find_workspaces(session, services.keys, email=ADDRESS, locale="en")
        wanted = session.scalars(select(WorkspaceRequest).order_by(WorkspaceRequest.id.desc()).limit(1)).one()
        session.add(StaffIndex(email_index=wanted.email_index, tenant_id=tenant.id))
        session.flush()
        yield session, wanted.id, None


@contextmanager
def password_reset(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Zoë", email=ADDRESS, role=permissions.OWNER, password_hash="x")
        session.flush()
        yield session, member.id, tenant


@contextmanager
def about_staff(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """A mail to a member of staff about themselves."""
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Zoë", email=ADDRESS, role=permissions.EDITOR, password_hash="x")
        yield session, member.id, tenant


@contextmanager
def removed(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Zoë", email=ADDRESS, role=permissions.EDITOR)
        offboarding.remove(session, member, {}, by=permissions.SYSTEM)
        yield session, member.id, tenant


@contextmanager
def invitation(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        asked = {"email": ADDRESS, "role": permissions.EDITOR, "workspace": "Zoë's 100 % Bakery", "name": "Zoë"}
        yield session, invitations.invite(session, by=permissions.SYSTEM, **asked).id, tenant


@contextmanager
def address(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """A change of address: both addresses are the one that the test looks for."""
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Zoë", email=ADDRESS, role=permissions.EDITOR)
        row = StaffToken(
            staff_id=member.id,
            purpose="email",
            email=ADDRESS,
            email_before=ADDRESS,
            expires_at=now() + ADDRESS_LIVES,
        )
        session.add(row)
        session.flush()
        yield session, row.id, tenant


@contextmanager
def webhook_paused(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        member = staff.add(session, name="Zoë", email=ADDRESS, role=permissions.ADMIN)
        for reason in ("failing", "gone"):
            row = WebhookEndpoint(url="https://crm.example.org/x", description="", kinds=["*"])
            row.state, row.state_reason = "paused", reason
            session.add(row)
        session.flush()
        yield session, member.id, tenant


MAKERS: dict[str, Callable[[Services, TenantRef], AbstractContextManager[Made]]] = {
    "platform.verify": verify,
    "platform.workspaces": workspaces,
    "staff.password_reset": password_reset,
    "staff.address_changed": address,
    "staff.confirm_address": address,
    "staff.invitation": invitation,
    "staff.ownership_given": about_staff,
    "staff.ownership_received": about_staff,
    "staff.password_changed": about_staff,
    "staff.removed": removed,
    "staff.role_changed": about_staff,
    "webhooks.paused": webhook_paused,
}


def test_every_purpose_is_tried_here() -> None:
    assert sorted(worker.PURPOSES) == sorted(MAKERS)


@pytest.mark.parametrize("purpose", sorted(MAKERS))
def test_a_mail_of_every_purpose_renders(joined: Services, acme: TenantRef, purpose: str) -> None:
    with MAKERS[purpose](joined, acme) as (session, ref, tenant):
        for locale in i18n.SHIPPED:
            with i18n.use(locale):
                outgoing = OutgoingMail(new_id(), purpose, ref, "key", locale, tenant, joined.settings)
                message = worker.PURPOSES.render(session, outgoing)
            assert message is not None
            assert message.to == ADDRESS
            assert f'lang="{locale}"' in message.html
            addresses = re.findall(r"http://\S+", message.text)
            assert addresses
            assert all(one.replace("&", "&amp;") in message.html for one in addresses)
            assert not re.search(r"%\(|\{\{|[\ue000\ue001]", message.subject + message.text + message.html)
            sender = joined.settings.mail_from
            assert build(message, id=outgoing.id, date=now(), default_sender=sender, signer=None).content


@pytest.mark.parametrize("purpose", sorted(MAKERS))
def test_a_mail_whose_reason_has_gone_is_not_sent(joined: Services, acme: TenantRef, purpose: str) -> None:
    with MAKERS[purpose](joined, acme) as (session, _, tenant):
        outgoing = OutgoingMail(new_id(), purpose, new_id(), "key", "en", tenant, joined.settings)
        assert worker.PURPOSES.render(session, outgoing) is None
