"""The pages of the register with something on each."""

from sqlalchemy.orm import Session

from customers import attributes, companies, people, views
from tenants.permissions import SYSTEM
from tests.e2e.stops import LONG, Stop

PAGES = "/console/customers"


def register(session: Session) -> list[Stop]:
    """The list in each of its states, one customer with much and one with nothing, companies, attributes."""
    company = companies.add(session, by=SYSTEM, name=LONG, website="https://" + "kaffee" * 9 + ".example/")
    label = "Wie sie auf uns aufmerksam geworden sind (Mehrfachnennung möglich)"
    note = attributes.declare(session, by=SYSTEM, subject="person", label=label, code="note", type="text")
    attributes.declare(session, by=SYSTEM, subject="company", label="Employees", type="number")
    gone = attributes.declare(session, by=SYSTEM, subject="company", label="Fax", type="text")
    attributes.archive(session, gone, by=SYSTEM)
    tier = next(each for each in attributes.list_attributes(session, "person") if each.type == "choice")
    full = people.add(
        session,
        by=SYSTEM,
        name="Friederike-Charlotte " + "Donaudampfschifffahrt" * 4,
        email="f" * 60 + "@" + "kaffeehaus" * 6 + ".example",
        phone="+493012345678901",
        external_id="K-" + "9" * 60,
        company_id=company.id,
        language="de",
        zone="America/Argentina/ComodRivadavia",
        attributes={"note": "word " * 60, tier.code: tier.options[0]["code"]},
    )
    full.nps, full.csat, full.ces, full.scored_at = 10, 4, 7, full.created_at
    people.touch_contact(session, full.id, full.created_at)
    bare = people.add(session, by=SYSTEM, external_id="K-1")
    view = views.save(session, by=SYSTEM, name="Detractors" + "W" * 50, query={"score": "detractors"}, shared=True)
    session.flush()
    narrowed = (
        f"{PAGES}?language=de&score=promoters&a.{tier.code}={tier.options[0]['code']}&columns={tier.code},note&q=a"
    )
    return [
        Stop("customers", PAGES),
        Stop("customers-narrowed", narrowed),
        Stop("customers-columns", f"{PAGES}?columns={tier.code},note&order=contact&company={company.id}"),
        Stop("customers-view", f"{PAGES}?score=detractors&view={view.id}"),
        Stop("customers-nobody", f"{PAGES}?q=xylophon"),
        Stop("customer-new", f"{PAGES}/new"),
        Stop("customer", f"{PAGES}/{full.id}"),
        Stop("customer-bare", f"{PAGES}/{bare.id}"),
        Stop("customer-details", f"{PAGES}/{full.id}/details"),
        Stop("customers-export", f"{PAGES}/export?score=promoters"),
        Stop("companies", f"{PAGES}/companies"),
        Stop("company-new", f"{PAGES}/companies/new"),
        Stop("company", f"{PAGES}/companies/{company.id}"),
        Stop("company-edit", f"{PAGES}/companies/{company.id}/edit"),
        Stop("attributes", "/console/settings/attributes"),
        Stop("attribute-new", "/console/settings/attributes/new"),
        Stop("attribute", f"/console/settings/attributes/{tier.id}"),
        Stop("attribute-text", f"/console/settings/attributes/{note.id}"),
    ]
