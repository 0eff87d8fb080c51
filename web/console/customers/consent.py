"""The tab Consent of one customer: what counts, how we know, what was sent and what was refused."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from customers import consent as register
from customers import consent_queries, contact_rules, preferences, purposes, suppressions, topics
from customers.consent import SOURCES, Proof
from customers.consent_age import Age
from customers.consent_people import find as find_known
from customers.contact_facts import REASONS
from customers.contact_queries import ContactFilters, list_contacts, mails_of
from customers.models import Consent, Person
from infra.crypto.columns import or_none
from infra.i18n import N_, current_locale
from tenants.models import StaffMember
from web import tenancy
from web.console.customers import frame
from web.console.customers.blueprint import blueprint
from web.forms import Form
from web.schemas.consent import ConsentForm

Page = str | Response | tuple[str, int]

SHOWN = 20
STATES = {
    "given": N_("Agreed"),
    "withdrawn": N_("Does not want it"),
    "pending": N_("Waits for confirmation"),
    "none": N_("Nothing said"),
}


@blueprint.get("/<uuid:person_id>/consent")
def consent(person_id: UUID) -> Page:
    """Everything about writing to this customer."""
    found = frame.the_person(person_id)
    if found.id != person_id:
        return redirect(url_for(".consent", person_id=found.id))
    return _page(found, Form())


@blueprint.post("/<uuid:person_id>/consent")
def record_consent(person_id: UUID) -> Page:
    """Notes what the customer told somebody here, and how."""
    found, form = frame.the_person(person_id), Form.submitted(ConsentForm)
    if form.attempt(lambda typed: _recorded(found, typed)):
        waits = form.result.state == "pending"
        flash(N_("A mail asks to confirm it.") if waits else N_("It is noted, with how it was said."))
        return redirect(url_for(".consent", person_id=found.id), 303)
    return _page(found, form)


def _recorded(found: Person, typed: dict[str, Any]) -> Consent:
    purpose, _, topic = typed["what"].partition(".")
    proof = Proof(
        "staff",
        by=tenancy.actor(),
        locale=found.language or current_locale(),
        business=tenancy.tenancy().name,
        how=typed["how"],
        age=Age(typed["birth_year"], typed["guardian_email"]),
    )
    act = register.give if typed["state"] == "given" else register.withdraw
    with tenancy.session().begin_nested():
        return act(tenancy.session(), found.id, purpose, proof, channel=typed["channel"], topic=topic)


def _page(found: Person, form: Form) -> tuple[str, int]:
    session, who = tenancy.session(), find_known(tenancy.session(), found.id)
    assert who is not None, "the person was found before"
    acts = consent_queries.list_acts(session, found.id, after=request.args.get("after"), limit=SHOWN)
    history = acts.items
    contacts = list_contacts(session, ContactFilters(person=found.id), limit=SHOWN)
    identity, email = found.identity, or_none(lambda: found.identity.email)
    standing = suppressions.standing(session, [identity.email_index]) if identity.email_index else {}
    page = render_template(
        "console/customers/consent.html",
        form=form,
        view=preferences.overview(session, who),
        history=history,
        networks={act.id: _network(act) for act in history},
        guardians={act.id: _guardian(act) for act in history},
        words=consent_queries.words_of(session, history),
        older=acts.next_cursor,
        after=request.args.get("after"),
        staff=_staff(history),
        contacts=contacts,
        mails=mails_of(session, contacts.items),
        email=email,
        suppressed=sorted(standing.get(identity.email_index, ())) if identity.email_index else [],
        ages=contact_rules.get(session).ages,
        choices=_choices(),
        topic_names={topic.code: topics.name_of(topic, current_locale()) for topic in _topics()},
        states=STATES,
        sources=SOURCES,
        reasons=REASONS,
        kinds=suppressions.NAMES,
        purposes=purposes.PURPOSES,
        channels=purposes.CHANNELS,
        **frame.head(found, "consent"),
    )
    return page, form.status


def _topics() -> list[Any]:
    return list(topics.list_topics(tenancy.session(), archived=True))


def _choices() -> list[tuple[str, str, str]]:
    """(value, name of the purpose, name of the topic or "") of everything that can be agreed to."""
    shown = topics.list_topics(tenancy.session())
    found = []
    for purpose in purposes.CHOSEN:
        found.append((purpose.code, purpose.name, ""))
        for topic in shown:
            if topic.purpose == purpose.code:
                name = topics.name_of(topic, current_locale())
                found.append((f"{purpose.code}.{topic.code}", purpose.name, name))
    return found


def _staff(history: Any) -> dict[UUID, str]:
    ids = {act.by_id for act in history if act.by_id is not None}
    members = tenancy.session().scalars(select(StaffMember).where(StaffMember.id.in_(ids))).all()
    return {member.id: _name(member) or "" for member in members}


def _network(act: Consent) -> str | None:
    return or_none(lambda: act.network)


def _guardian(act: Consent) -> str | None:
    return or_none(lambda: act.guardian_email)


def _name(member: StaffMember) -> str | None:
    return or_none(lambda: member.name)
