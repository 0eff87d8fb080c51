"""What two do at once on the customer pages happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from customers import people
from customers.models import Contact, ErasureRequest, PortalProof, Task
from customers.portal import erasure, proofs, throttle
from customers.portal.errors import ProofOver
from infra.db import TenantRef
from infra.errors import TooMany
from infra.services import Services
from tenants.models import SignInAttempt
from tests.customers.contact_story import somebody
from tests.web.story import add_member

pytestmark = pytest.mark.processes
MANY = 6


def together(do: Callable[[], object], *expected: type[Exception]) -> list[object]:
    """What came of it in each thread; an expected refusal counts as None."""
    barrier = Barrier(MANY)

    def go(_: int) -> object:
        barrier.wait()
        try:
            return do()
        except expected:
            return None

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(go, range(MANY)))


def test_a_link_is_spent_once_and_lets_in_once(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        email = f"{own_tenant.id.hex}@example.org"
        somebody(session, email)
        proof = proofs.ask(session, proofs.index_of(email))
        token, code = proofs.equip(session, proof)
        proof_id = proof.id

    def spend() -> object:
        with services.db.tenant_session(own_tenant) as session:
            return proofs.spend_link(session, token).id

    def enter() -> object:
        with services.db.tenant_session(own_tenant) as session:
            return proofs.choose(session, proof_id).id

    assert sum(each is not None for each in together(spend, ProofOver)) == 1
    assert sum(each is not None for each in together(enter, ProofOver)) == 1
    assert code


def test_tries_at_a_code_are_counted_however_fast_they_come(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        proof_id = proofs.ask(session, b"\1" * 32).id

    def count() -> object:
        with services.db.tenant_session(own_tenant) as session:
            proofs.count_try(session, proof_id)
            return True

    assert sum(each is True for each in together(count, ProofOver)) == proofs.TRIES


def test_of_the_proofs_of_a_mailbox_one_is_spent_whoever_asks_and_spends_at_once(
    services: Services, own_tenant: TenantRef
) -> None:
    def ask() -> tuple[str, str]:
        with services.db.tenant_session(own_tenant) as session:
            proof = proofs.ask(session, b"\2" * 32)
            return str(proof.id), proofs.equip(session, proof)[0]

    asked = [each for each in together(ask) if isinstance(each, tuple)]
    assert len(asked) == MANY
    waiting = [token for _, token in asked]

    def spend() -> object:
        with services.db.tenant_session(own_tenant) as session:
            return proofs.spend_link(session, waiting.pop()).id

    assert sum(each is not None for each in together(spend, ProofOver)) == 1
    with services.db.tenant_session(own_tenant) as session:
        standing = select(func.count()).where(
            PortalProof.address_index == b"\2" * 32, PortalProof.voided_at.is_(None), PortalProof.spent_at.is_(None)
        )
        assert session.scalar(standing) == 0


def test_the_limit_of_a_mailbox_holds_for_those_who_ask_at_once(services: Services, own_tenant: TenantRef) -> None:
    networks = [f"203.0.{number}.7" for number in range(MANY)] * 2

    def ask() -> object:
        with services.db.tenant_session(own_tenant) as session:
            throttle.count(session, b"\3" * 32, networks.pop())
            return True

    done = together(ask, TooMany) + together(ask, TooMany)
    assert sum(each is True for each in done) == throttle.MAILBOX
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 2 * throttle.MAILBOX


def test_a_request_to_be_deleted_is_made_once(services: Services, own_tenant: TenantRef) -> None:
    with services.db.tenant_session(own_tenant) as session:
        add_member(session, "owner", email="owner@acme.example")
        person_id = somebody(session).id

    def ask() -> object:
        with services.db.tenant_session(own_tenant) as session:
            return erasure.request(session, people.get(session, person_id)).id

    assert len(set(together(ask))) == 1
    with services.db.tenant_session(own_tenant) as session:
        counts = [
            session.scalar(select(func.count()).select_from(table)) for table in (ErasureRequest, Task, Contact)
        ]
        assert counts == [1, 1, 1]
