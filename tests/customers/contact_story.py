"""People, and a letter to them, as tests of consent and contact need them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact_letters, people
from customers.consent import Proof
from customers.contact_letters import Letter
from customers.models import Contact, Person
from infra import i18n
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.mail.purposes import Message, OutgoingMail
from infra.services import Services
from tenants.permissions import SYSTEM, Actor
from web import registries

STAFF = Actor("staff", new_id(), frozenset({"contacts.manage"}))
FORM = Proof("form", business="Acme", network="203.0.113.9")
LINK = Proof("link", business="Acme")


def somebody(session: Session, email: str | None = None, **given: object) -> Person:
    """A customer; without an address one of their own."""
    address = f"{new_id().hex}@example.org" if email is None else email
    person = people.add(session, by=SYSTEM, name="Ann Example", email=address or None, **given)  # type: ignore[arg-type]
    session.flush()
    return person


def merge(session: Session, old: Person, into: Person, at: object) -> None:
    """As a merge leaves it: the old one names who they are, and is never changed again."""
    old.merged_into, old.updated_at = into.id, at  # type: ignore[assignment]
    session.flush()


def hello(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    return Letter("customers/mail/preferences_link", "Hello from %(business)s", fields={"business": mail.workspace})


@contextmanager
def letters(**more: contact_letters.Renderer) -> Iterator[None]:
    """Every purpose has somebody who writes."""
    given = {
        name: hello for name in ("survey", "news", "loyalty", "board", "message", "service") if name not in more
    }
    contact_letters.configure(*registries.LETTERS[:1], {**given, **more})
    yield
    registries.compose()


def outgoing(services: Services, tenant: TenantRef, contact: Contact, locale: str = "en") -> OutgoingMail:
    row = (new_id(), "customers.contact", contact.id, f"contact:{contact.id}", locale)
    return OutgoingMail(*row, tenant, services.settings, "Acme")


def rendered(services: Services, session: Session, tenant: TenantRef, contact: Contact) -> Message | None:
    """The mail as the sender has it made."""
    import worker

    with i18n.use("en"):
        return worker.PURPOSES.render(session, outgoing(services, tenant, contact))


def in_outbox(session: Session, contact: Contact) -> Outbox | None:
    return session.scalars(select(Outbox).where(Outbox.ref_id == contact.id)).one_or_none()


def header(message: Message, name: str) -> str:
    return dict(message.headers)[name]


__all__ = ["FORM", "LINK", "STAFF", "UUID", "Message"]
