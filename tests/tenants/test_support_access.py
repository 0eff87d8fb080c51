"""Support on a grant: one use of a code, an end that is an end, and never more than the grant gives."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from infra.clock import now
from infra.db import TenantRef
from infra.errors import Invalid, NotFound
from infra.services import Services
from tenants import support_access, support_index
from tenants.errors import LinkExpired
from tenants.models import AuditEntry
from tenants.models.support import SupportGrant
from tenants.operators.models import SupportOpening
from tenants.permissions import PERMISSIONS, Actor
from tenants.support_access import CHANGE, READ, SupportEnded

OWNER = Actor("staff", UUID(int=7))
OPERATOR = UUID(int=9)


def given(session, allows=READ, lasts="1h"):
    return support_access.grant(session, allows=allows, lasts=lasts, reason="Scores look odd", by=OWNER)


def entered(session, services, grant):
    code = support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)
    return support_access.enter(session, services.settings, code)


def test_a_code_leads_in_once_and_the_visit_ends_when_it_is_left(session, services):
    grant = given(session)
    code = support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)
    visit, token = support_access.enter(session, services.settings, code)
    assert visit.actor == Actor("support", OPERATOR, support_access.permissions(READ))
    with pytest.raises(LinkExpired):
        support_access.enter(session, services.settings, code)
    assert support_access.find(session, token) is not None
    support_access.leave(session, token)
    assert support_access.find(session, token) is None
    assert support_access.leave(session, token) is None
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == grant.id)).all()
    assert sorted(actions) == ["support.entered", "support.granted", "support.left"]


@pytest.mark.parametrize("how", ["revoked", "over", "idle"])
def test_a_visit_ends_with_its_grant(session, services, how):
    grant = given(session)
    visit, token = entered(session, services, grant)
    after = {"revoked": timedelta(), "over": timedelta(hours=1, seconds=1), "idle": timedelta(minutes=61)}[how]
    if how == "revoked":
        support_access.revoke(session, grant.id, by=OWNER)
        support_access.revoke(session, grant.id, by=OWNER)
    if how == "idle":
        grant.ends_at += timedelta(days=1)
    with time_machine.travel(now() + after):
        assert support_access.find(session, token) is None
        if how != "idle":
            with pytest.raises(SupportEnded):
                support_access.require(session, visit)
            with pytest.raises(NotFound):
                support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)


def test_a_code_of_before_the_revocation_or_too_old_leads_nowhere(session, services):
    for spoil in ("revoked", "old"):
        grant = given(session)
        code = support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)
        if spoil == "revoked":
            support_access.revoke(session, grant.id, by=OWNER)
        later = now() + (timedelta(minutes=3) if spoil == "old" else timedelta())
        with time_machine.travel(later), pytest.raises(LinkExpired):
            support_access.enter(session, services.settings, code)


@pytest.mark.parametrize("code", ["", "x", "a.b", "🦦", "." * 5000])
def test_what_is_no_code_leads_nowhere(session, services, code):
    with pytest.raises(LinkExpired):
        support_access.enter(session, services.settings, code)


def test_a_code_of_one_tenant_is_worthless_at_another(services, acme, globex, joined):
    with joined.db.tenant_session(acme) as session:
        grant = given(session)
        code = support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)
    with joined.db.tenant_session(globex) as session, pytest.raises(LinkExpired):
        support_access.enter(session, services.settings, code)


@pytest.mark.parametrize(("allows", "lasts"), [("all", "1h"), (READ, "1y"), ("", "")])
def test_a_grant_that_cannot_be_is_refused(session, allows, lasts):
    with pytest.raises(Invalid):
        support_access.grant(session, allows=allows, lasts=lasts, reason="x", by=OWNER)


def test_support_never_touches_people_keys_exports_or_itself():
    for allows in (READ, CHANGE):
        held = support_access.permissions(allows)
        assert "console.read" in held
        assert "diagnostics.read" in held
        for permission in PERMISSIONS:
            noun, _, verb = permission.partition(".")
            closed = {
                "staff",
                "api_keys",
                "support",
                "security",
                "workspace",
                "profile",
                "webhooks",
                "audit",
                "domains",
            }
            if noun in closed or verb in {"export", "delete"}:
                assert permission not in held, permission
    assert support_access.permissions(READ) < support_access.permissions(CHANGE)
    assert not any(verb.endswith((".edit", ".publish")) for verb in support_access.permissions(READ))


def test_the_index_shows_a_grant_from_its_commit_until_its_revocation(
    services: Services, own_tenant: TenantRef
) -> None:
    def listed() -> set[UUID]:
        with services.db.control_session() as session:
            query = select(SupportOpening.grant_id).where(SupportOpening.tenant_id == own_tenant.id)
            return set(session.scalars(query))

    with services.db.tenant_session(own_tenant) as session:
        grant = given(session)
        support_index.announce(services.db, session, grant)
    assert listed() == {grant.id}
    with pytest.raises(ValueError), services.db.tenant_session(own_tenant) as session:
        support_index.withdraw(services.db, session, support_access.revoke(session, grant.id, by=OWNER))
        raise ValueError
    assert listed() == {grant.id}, "what was rolled back was not revoked"
    with services.db.tenant_session(own_tenant) as session:
        support_index.withdraw(services.db, session, support_access.revoke(session, grant.id, by=OWNER))
        assert listed() == {grant.id}
    assert listed() == set()


def test_a_code_used_twice_at_once_lets_one_in(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        grant = given(session)
        code = support_access.make_code(session, services.settings, grant.id, operator_id=OPERATOR)

    def use(number: int) -> bool:
        try:
            with services.db.tenant_session(own_tenant) as session:
                support_access.enter(session, services.settings, code)
        except LinkExpired:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


@pytest.fixture
def inside(services: Services, own_tenant: TenantRef) -> tuple[SupportGrant, support_access.Visit, str]:
    with services.db.tenant_session(own_tenant) as session:
        grant = given(session, CHANGE)
        visit, token = entered(session, services, grant)
    return grant, visit, token


def test_when_a_revocation_has_answered_nothing_of_support_happens_any_more(
    services: Services, own_tenant: TenantRef, inside: tuple[SupportGrant, support_access.Visit, str]
) -> None:
    """A request of support that was let in before the revocation, and would commit after it, is refused."""
    grant, visit, _ = inside
    with pytest.raises(SupportEnded), services.db.tenant_session(own_tenant) as session:
        session.execute(select(SupportGrant.id)).all()  # the request has begun
        with ThreadPoolExecutor(1) as pool:
            pool.submit(revoke, services, own_tenant, grant.id).result(timeout=10)
        support_access.require(session, visit)


def test_a_revocation_waits_for_what_is_just_being_committed(
    services: Services, own_tenant: TenantRef, inside: tuple[SupportGrant, support_access.Visit, str]
) -> None:
    grant, visit, token = inside
    revoked = Event()

    def wait_and_tell() -> None:
        revoke(services, own_tenant, grant.id)
        revoked.set()

    thread = Thread(target=wait_and_tell)
    with ExitStack() as stack:
        session = stack.enter_context(services.db.tenant_session(own_tenant))
        support_access.require(session, visit)
        thread.start()
        assert not revoked.wait(timeout=0.5), "it must wait for the commit"
    thread.join(timeout=10)
    assert revoked.is_set()
    with services.db.tenant_session(own_tenant) as session:
        assert support_access.find(session, token) is None


def revoke(services: Services, tenant: TenantRef, grant_id: UUID) -> None:
    with services.db.tenant_session(tenant) as session:
        support_access.revoke(session, grant_id, by=OWNER)


def test_an_unknown_grant_is_not_there(session, services):
    for verb in (
        lambda: support_access.get(session, uuid4()),
        lambda: support_access.revoke(session, uuid4(), by=OWNER),
        lambda: support_access.make_code(session, services.settings, uuid4(), operator_id=OPERATOR),
    ):
        with pytest.raises(NotFound):
            verb()
