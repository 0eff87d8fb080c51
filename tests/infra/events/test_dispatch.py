"""Events, their reactions and what happens to a poisoned one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.events import DomainEvent, Reactions, RecordedEvent, record
from infra.events.dispatch import MAX_ATTEMPTS, drain, has_work
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class KettleBoiled(DomainEvent):
    kind: ClassVar[str] = "tests.kettle_boiled"
    cups: int


seen: list[RecordedEvent] = []


def notice(session: Session, events: Sequence[RecordedEvent]) -> None:
    seen.extend(events)


def refuse_empty_kettles(session: Session, events: Sequence[RecordedEvent]) -> None:
    for event in events:
        if not event.data["cups"]:
            raise ValueError("an empty kettle")
        record(session, TeaServed(subject=event.subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class TeaServed(DomainEvent):
    kind: ClassVar[str] = "tests.tea_served"


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


def boil(services: Services, tenant: TenantRef, *cups: int) -> list[UUID]:
    with services.db.tenant_session(tenant) as session:
        return [record(session, KettleBoiled(subject=new_id(), cups=n)) for n in cups]


def kinds(services: Services, tenant: TenantRef, kind: str) -> int:
    with services.db.tenant_session(tenant) as session:
        return len(session.scalars(select(Event.id).where(Event.kind == kind)).all())


def test_each_reaction_hears_each_event_once(services: Services, own_tenant: TenantRef) -> None:
    reactions = Reactions({KettleBoiled: [notice, refuse_empty_kettles]})
    ids = boil(services, own_tenant, 1, 2, 3)
    assert not drain(services.db, own_tenant, reactions)
    assert not drain(services.db, own_tenant, reactions)
    assert sorted(event.id for event in seen) == sorted(ids)
    assert kinds(services, own_tenant, "tests.tea_served") == 3
    with services.db.tenant_session(own_tenant) as session:
        assert not has_work(session)
        assert session.scalars(select(Delivery)).all() == []


def test_a_rolled_back_change_leaves_no_event(services: Services, own_tenant: TenantRef) -> None:
    with pytest.raises(ValueError), services.db.tenant_session(own_tenant) as session:
        record(session, KettleBoiled(subject=new_id(), cups=1))
        raise ValueError
    assert kinds(services, own_tenant, "tests.kettle_boiled") == 0


def test_a_poisoned_event_blocks_no_other_and_is_set_aside(services: Services, own_tenant: TenantRef) -> None:
    reactions = Reactions({KettleBoiled: [refuse_empty_kettles]})
    poisoned = boil(services, own_tenant, 1, 0, 2)[1]
    drain(services.db, own_tenant, reactions)
    assert kinds(services, own_tenant, "tests.tea_served") == 2

    for attempt in range(1, MAX_ATTEMPTS):
        with services.db.tenant_session(own_tenant) as session:
            delivery = session.scalars(select(Delivery)).one()
            assert (delivery.event_id, delivery.state, delivery.attempts) == (poisoned, "waiting", attempt)
            assert delivery.reason == "ValueError"
            later = delivery.next_attempt_at + timedelta(seconds=1)
        with time_machine.travel(later):
            drain(services.db, own_tenant, reactions)
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalars(select(Delivery.state)).all() == ["failed"]
    assert kinds(services, own_tenant, "tests.tea_served") == 2


def test_a_failed_reaction_leaves_nothing_of_its_work(services: Services, own_tenant: TenantRef) -> None:
    def half(session: Session, events: Sequence[RecordedEvent]) -> None:
        record(session, TeaServed(subject=events[0].subject))
        raise ValueError

    boil(services, own_tenant, 1)
    drain(services.db, own_tenant, Reactions({KettleBoiled: [half]}))
    assert kinds(services, own_tenant, "tests.tea_served") == 0


def test_facts_cannot_be_changed_or_deleted_by_the_application(services: Services, own_tenant: TenantRef) -> None:
    from sqlalchemy import delete, update
    from sqlalchemy.exc import ProgrammingError

    boil(services, own_tenant, 1)
    for statement in (update(Event).values(kind="other"), delete(Event)):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            services.db.tenant_session(own_tenant) as session,
        ):
            session.execute(statement)
    with services.db.tenant_session(own_tenant) as session:
        session.execute(update(Event).values(dispatched_at=clock.now()))
