"""A customer at the door of the customer pages, as tests tell it."""

import re
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from customers import people
from customers.models import Contact, PortalProof
from customers.models import Person as Customer
from customers.portal import jobs, sessions
from infra.db import TenantRef
from infra.ids import new_id
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.customers.contact_story import rendered
from tests.web.story import RAW_CSRF, Person
from web.application import Application


@dataclass
class Mailed:
    """What stood in a mail."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def code(self) -> str:
        return "".join(re.search(r"^(\d{4}) (\d{4})$", self.text, re.MULTILINE).groups())  # type: ignore[union-attr]

    @property
    def link(self) -> str:
        found = re.search(r"https?://[^/\s]+(/portal/sign-in/link/\S+)", self.text)
        assert found is not None, self.text
        return found[1]


@dataclass
class Town:
    """A tenant with customers, and the mails that went out."""

    services: Services
    session: Session
    tenant: TenantRef

    def customer(self, email: str | None = "eva@example.org", name: str = "Eva Brown", **given: Any) -> Customer:
        made = people.add(self.session, by=SYSTEM, name=name, email=email, **given)
        self.session.flush()
        return made

    def mails(self) -> list[Mailed]:
        """Works off what was asked for last, and makes the mails of it."""
        proof = self.last_proof()
        jobs.send_proof(self.session, proof_id=str(proof.id))
        return self.made(proof.id)

    def last_proof(self) -> PortalProof:
        self.session.expire_all()
        return self.session.scalars(select(PortalProof).order_by(PortalProof.asked_at.desc()).limit(1)).one()

    def made(self, ref: Any) -> list[Mailed]:
        """The mails about a thing, in the order in which they were asked for."""
        self.session.expire_all()
        return [mail for contact in self.contacts(ref) if (mail := self.mail(contact)) is not None]

    def contacts(self, ref: Any) -> list[Contact]:
        return list(self.session.scalars(select(Contact).where(Contact.ref_id == ref).order_by(Contact.id)))

    def mail(self, contact: Contact) -> Mailed | None:
        made = rendered(self.services, self.session, self.tenant, contact)
        self.session.flush()
        return Mailed(made.to, made.subject, made.text, made.html) if made else None


def asks(browser: Person, email: str, expect: int = 303, **more: Any) -> TestResponse:
    """Opens the door and asks for a mail."""
    page = browser.get("portal.door.sign_in")
    return browser.submit(page, "/portal/sign-in", expect=expect, email=email, **more)


def types(browser: Person, code: str, expect: int = 303) -> TestResponse:
    """Types a code into the page that follows."""
    return browser.submit(browser.get("portal.door.code"), "/sign-in/code", expect=expect, code=code)


def comes_in(browser: Person, town: Town, customer: Customer) -> Person:
    """Signed in, without the mail."""
    _, token = sessions.start(town.session, customer, how="code", agent="firefox/windows")
    town.session.flush()
    browser.client.set_cookie("rapport-portal", token, domain=browser.host.partition(":")[0])
    return browser


def as_customer(app: Application, tenant: TenantRef) -> Any:
    """A browser of a new customer, with the token of its forms, the id of its session and the token of that."""
    person: Any = Person(app).at(tenant)
    person.role = "customer"  # sends the forms' token; nobody of the staff

    def begin() -> None:
        with app.services.db.tenant_session(tenant) as session:
            whose = people.add(session, by=SYSTEM, name="Eva Brown", email=f"{new_id().hex}@example.org")
            living, person.place_token = sessions.start(session, whose, how="code", agent="firefox/windows")
            person.place_id, person.customer_id = living.id, whose.id

    Context().run(begin)
    person._set_cookie({"csrf_token": RAW_CSRF})
    person.client.set_cookie("rapport-portal", person.place_token, domain=person.host.partition(":")[0])
    return person


def presses(browser: Person, page: TestResponse, action: str, expect: int = 303, **typed: Any) -> TestResponse:
    """Sends a form of a page."""
    return browser.submit(page, action, expect=expect, **typed)
