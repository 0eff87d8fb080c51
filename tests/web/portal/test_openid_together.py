"""Several browsers at the same moment, each with a connection of its own: what was committed counts."""

import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import pytest
from sqlalchemy import select

from customers import people
from customers.models import OpenIdIdentity, PortalSession
from customers.portal import openid_documents
from customers.portal import openid_providers as providers
from infra.db import TenantRef
from infra.http import Policy
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.support.apps import app_over
from tests.support.openid import CLIENT, SECRET, OwnProvider
from tests.web.portal.openid_story import address_in
from tests.web.story import Person
from web.application import Application

EMAIL = "eva@gmail.com"


@pytest.fixture
def app(services: Services) -> Iterator[Application]:
    """Over transactions that are committed."""
    yield app_over(services)
    services.queues.connection.flushdb()


@pytest.fixture
def provider_id(services: Services, own_tenant: TenantRef, example: OwnProvider) -> Any:
    """One that speaks for its mailboxes, and a customer who has one there."""
    openid_documents.forget_all()
    with services.db.tenant_session(own_tenant) as session:
        policy = Policy.of(services.settings)
        made = providers.add(session, policy, kind="openid", name="Google", issuer=example.issuer, by=SYSTEM)
        providers.change(session, made, name="Google", client_id=CLIENT, secret=SECRET, by=SYSTEM)
        made.kind = "google"
        providers.note_check(session, made, [])
        providers.turn_on(session, made, by=SYSTEM)
        people.add(session, by=SYSTEM, name="Eva Brown", email=EMAIL)
        return made.id


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Does all of them at the same moment; what each answered."""
    ready, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(number: int) -> None:
        ready.wait(10)
        answers[number] = Context().run(deeds[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def comes_back(browser: Person, path: str) -> int:
    return browser.client.get(path, base_url=f"http://{browser.host}").status_code


def way_of(
    app: Application, tenant: TenantRef, example: OwnProvider, provider_id: Any, **told: Any
) -> tuple[Person, str]:
    """A browser that is on its way back, and the path it comes by."""
    browser = Person(app).at(tenant)
    page = browser.submit(browser.get("portal.door.sign_in"), f"/{provider_id}", expect=200)
    return browser, example.approves(address_in(page), email=EMAIL, **told)


def twin_of(browser: Person) -> Person:
    """Another tab with the same cookies."""
    twin = Person(browser.app).at(browser.tenant)  # type: ignore[arg-type]
    twin.client._cookies = dict(browser.client._cookies or {})
    return twin


def counted(services: Services, tenant: TenantRef, what: Any) -> int:
    with services.db.tenant_session(tenant) as session:
        return len(session.scalars(select(what.id)).all())


def test_of_two_who_come_with_one_state_one_is_signed_in(services, own_tenant, app, example, provider_id):
    browser, path = way_of(app, own_tenant, example, provider_id)
    tabs = [browser, twin_of(browser), twin_of(browser)]
    answers = at_once(*(lambda tab=tab: comes_back(tab, path) for tab in tabs))
    assert sorted(answers) == [303, 410, 410]
    assert counted(services, own_tenant, PortalSession) == 1
    assert len(example.spent) == 1, "the code is spent once"


def test_one_new_account_in_two_browsers_is_linked_once(services, own_tenant, app, example, provider_id):
    ways = [way_of(app, own_tenant, example, provider_id) for _ in range(3)]
    answers = at_once(*(lambda way=way: comes_back(*way) for way in ways))
    assert answers == [303, 303, 303]
    assert counted(services, own_tenant, OpenIdIdentity) == 1
    assert counted(services, own_tenant, PortalSession) == 3


def test_no_connection_is_held_while_the_provider_thinks(services, own_tenant, app, example, provider_id):
    """Everybody of the pool is busy with slow providers, and the pages answer all the same."""
    size = services.settings.pool_size + 2
    ways = [way_of(app, own_tenant, example, provider_id) for _ in range(size)]
    inside, go_on = threading.Semaphore(0), threading.Event()

    def think() -> None:
        inside.release()
        assert go_on.wait(20)

    example.meanwhile = think
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda way=way: answers.append(Context().run(comes_back, *way))) for way in ways
    ]
    for thread in threads:
        thread.start()
    for _ in ways:
        assert inside.acquire(timeout=5)
    visitor = Person(app).at(own_tenant)
    assert visitor.get("portal.door.sign_in").status_code == 200
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert answers == [303] * size
