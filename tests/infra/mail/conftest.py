"""A mail server of the test's own, and purposes whose recipient is told by the row's key."""

from collections.abc import Iterator

import jinja2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.ids import new_id
from infra.mail import letters, outbox, sender
from infra.mail.models import Outbox
from infra.mail.purposes import MailPurposes, Message, OutgoingMail
from infra.render import environment
from infra.services import Services
from tests.infra.mail.sink import Sink, sending_to

TEMPLATES = {
    "tests/hello.html": '{% extends "infra/mail/layout.html" %}{% block content %}<h1>Hello {{ name }}</h1>'
    '{{ button("Open", link) }}{% endblock %}',
    "tests/hello.txt": '{% extends "infra/mail/layout.txt" %}{% block content %}Hello {{ name }}\n{{ link }}'
    "{% endblock %}",
}


def hello(session: Session, mail: OutgoingMail) -> Message | None:
    """To the address that the row's key starts with; an address `gone…` has nothing to send any more."""
    to = mail.key.split("#")[0]
    if to.startswith("gone"):
        return None
    if to.startswith("broken"):
        raise ZeroDivisionError
    fields = {"name": "Zoë", "link": "https://acme.example/x?a=1&b=2"}
    return letters.write(mail, "tests/hello", to=to, subject="Hello %(name)s", fields=fields)


PURPOSES = MailPurposes({"test.hello": hello})


def install_templates() -> jinja2.BaseLoader:
    """Makes TEMPLATES known; returns the loader that was there before."""
    env, before = environment(), environment().loader
    assert before is not None
    env.loader = jinja2.ChoiceLoader([before, jinja2.DictLoader(TEMPLATES)])
    return before


@pytest.fixture(autouse=True)
def templates() -> Iterator[None]:
    before = install_templates()
    yield
    environment().loader = before


@pytest.fixture
def mailing(services: Services, sink: Sink) -> Iterator[Services]:
    """Services that send to the sink."""
    with sending_to(sink, services) as sending:
        yield sending


class Desk:
    """A tenant's outbox as a test uses it."""

    def __init__(self, services: Services, tenant: TenantRef) -> None:
        self.services, self.tenant = services, tenant

    def ask(self, *addresses: str, key: str = "") -> None:
        with self.services.db.tenant_session(self.tenant) as session:
            for address in addresses:
                outbox.send(session, "test.hello", ref=new_id(), key=f"{address}#{key or new_id()}")

    def send(self, **options: float) -> bool:
        return sender.send_batch(self.services, self.tenant, PURPOSES, **options)  # type: ignore[arg-type]

    def row(self, address: str) -> Outbox:
        with self.services.db.tenant_session(self.tenant) as session:
            return session.scalars(select(Outbox).where(Outbox.key.startswith(address + "#"))).one()


@pytest.fixture
def desk(mailing: Services, own_tenant: TenantRef) -> Desk:
    return Desk(mailing, own_tenant)
