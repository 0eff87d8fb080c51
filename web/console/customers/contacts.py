"""Every message to customers that was asked for: sent, on its way, refused; and why."""

from typing import Any

from flask import render_template, request
from marshmallow import ValidationError
from sqlalchemy import select

from customers import people, purposes
from customers.contact_facts import REASONS
from customers.contact_queries import (
    COUNTED_FOR,
    ContactFilters,
    count_contacts,
    count_reasons,
    list_contacts,
    mails_of,
)
from customers.models import Person
from infra.pages import CursorInvalid
from web import tenancy
from web.console.customers import frame
from web.console.customers.blueprint import blueprint
from web.schemas.consent import ContactsQuery

MOST = 10_000


@blueprint.get("/contacts")
def contacts() -> str:
    """The list, narrowed by what stands in the address; a filter that is none shows everything."""
    try:
        query: dict[str, Any] = ContactsQuery().load(request.args)
    except ValidationError:
        query = ContactsQuery().load({})
    session = tenancy.session()
    filters = ContactFilters(query["person"], query["state"], query["reason"], query["purpose"], query["batch"])
    try:
        found = list_contacts(session, filters, after=query["after"])
    except CursorInvalid:
        found = list_contacts(session, filters)
    whose = session.scalars(select(Person).where(Person.id.in_({each.person_id for each in found.items})))
    return render_template(
        "console/customers/contacts.html",
        page=found,
        total=count_contacts(session, filters, most=MOST + 1),
        most=MOST,
        query=query,
        narrowed={name: value for name, value in query.items() if value and name != "after"},
        counts=count_reasons(session),
        days=COUNTED_FOR.days,
        names={person.id: people.display_name(person) for person in whose},
        mails=mails_of(session, found.items),
        reasons=REASONS,
        purposes=purposes.PURPOSES,
        sections=frame.sections("contacts"),
    )
