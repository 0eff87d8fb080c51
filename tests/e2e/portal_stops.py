"""The customer pages: the door in each of its states, and what is behind it for somebody of whom much is known."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import attributes, consent, contact, interactions, people
from customers.consent import Proof
from customers.models import Person
from customers.portal import erasure, proofs, sessions
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.services import Services
from surveys import known
from surveys.models import Survey
from tenants.permissions import SYSTEM
from tests.e2e.stops import LONG, Stop

MARK = "portal.example@example.org"
COOKIE = "rapport-portal"


def doors(services: Services, tenant: TenantRef) -> list[Stop]:
    """What somebody meets who is not signed in; pages that want a step before them lead to its beginning."""
    with services.db.tenant_session(tenant) as session:
        token, _ = proofs.equip(session, proofs.ask(session, proofs.index_of("nobody@example.org")))
    return [
        Stop("portal-sign-in", "/portal/sign-in?next=/portal/data"),
        Stop("portal-link", f"/portal/sign-in/link/{token}"),
        Stop("portal-link-over", "/portal/sign-in/link/made-up", 410),
        Stop("portal-code", "/portal/sign-in/code"),
        Stop("portal-who", "/portal/sign-in/who"),
    ]


def signed_in(services: Services, tenant: TenantRef) -> tuple[str, list[Stop]]:
    """The token of somebody's session, and their pages with something on each."""
    with services.db.tenant_session(tenant) as session:
        person = _known_well(session)
        _, token = sessions.start(session, person, how="link", agent="firefox/windows")
        sessions.start(session, person, how="code", agent="safari/iphone")
    return token, [
        Stop("portal", "/portal"),
        Stop("portal-data", "/portal/data"),
        Stop("portal-part", "/portal/data/parts/interactions"),
        Stop("portal-correction", "/portal/data/correction"),
        Stop("portal-email-code", "/portal/data/email/code"),
        Stop("portal-erasure", "/portal/data/erasure"),
        Stop("portal-places", "/portal/places"),
        Stop("portal-preferences", "/portal/preferences"),
        Stop("portal-nothing", "/portal/data/parts/nothing", 404),
    ]


def bare(services: Services, tenant: TenantRef) -> tuple[str, list[Stop]]:
    """Somebody of whom next to nothing is known, in German, who came in by an account."""
    with services.db.tenant_session(tenant) as session:
        person = people.add(session, by=SYSTEM, email="portal.bare@example.org", language="de")
        session.flush()
        _, token = sessions.start(session, person, how="openid", agent="/")
    return token, [
        Stop("portal-bare", "/portal"),
        Stop("portal-data-bare", "/portal/data"),
        Stop("portal-erasure-new", "/portal/data/erasure"),
        Stop("portal-correction-bare", "/portal/data/correction"),
        Stop("portal-proof", "/portal/proof?next=/portal/data/correction"),
    ]


def _known_well(session: Session) -> Person:
    for label, kind in (("Allergies", "text"), ("Newsletter on paper", "boolean"), ("Birthday", "date")):
        attributes.declare(session, by=SYSTEM, subject="person", label=label, type=kind, own=True)
    person = people.add(
        session,
        by=SYSTEM,
        name="Friederike-Charlotte " + "Donaudampfschiff" * 3,
        email=MARK,
        phone="+493012345678901",
        language="en",
        attributes={"allergies": LONG},
    )
    session.flush()
    consent.give(session, person.id, "loyalty", Proof("link", business="Acme", network="2001:db8::1"))
    contact.request(session, person.id, "survey", ref=new_id(), key=new_id().hex)
    for number in range(5):
        asked = {"channel": "call", "direction": "in", "summary": f"{number}: {LONG}", "at": now()}
        interactions.log(session, person, by=SYSTEM, **asked)
    survey = session.scalars(select(Survey).where(Survey.address == "recommend")).one()
    known.issue_link(session, survey, person.id)
    erasure.request(session, person)
    return person
